#include "test/bench/figure.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <nlohmann/json.hpp>

namespace selvedge::bench {
namespace {

// Four digits that count; more would only pretend.
double rounded(double value) {
  if (!std::isfinite(value)) return 0;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return std::strtod(text.data(), nullptr);
}

template <class T>
void put(nlohmann::ordered_json& json, const char* key, const std::optional<T>& value) {
  if (!value) return;
  if constexpr (std::is_same_v<T, double>)
    json[key] = rounded(*value);
  else
    json[key] = *value;
}
void put(nlohmann::ordered_json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}

}  // namespace

void print(const Figure& figure) {
  nlohmann::ordered_json json{{"section", figure.section}, {"name", figure.name}};
  auto& params = json["params"] = nlohmann::ordered_json::object();
  for (const auto& param : figure.params)
    std::visit([&](const auto& value) { params[param.first] = value; }, param.second);
  json["value"] = rounded(figure.value);
  put(json, "unit", figure.unit);
  put(json, "stat", figure.stat);
  put(json, "low", figure.low);
  put(json, "high", figure.high);
  put(json, "limit", figure.limit);
  put(json, "limit_name", figure.limit_name);
  put(json, "ratio", figure.ratio);
  put(json, "goal", figure.goal);
  put(json, "met", figure.met);
  put(json, "note", figure.note);
  std::cout << json.dump() << std::endl;
}

double quantile(std::vector<double> values, double q) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

void summarize(Figure& figure, const std::vector<double>& values) {
  figure.value = median(values);
  figure.low = quantile(values, 0.25);
  figure.high = quantile(values, 0.75);
}

}  // namespace selvedge::bench
