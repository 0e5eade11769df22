// A measured figure beside what it is held against, and the line of JSON that tells it (README.md).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace selvedge::bench {

using Param = std::variant<std::string, std::int64_t>;

struct Figure {
  std::string section;
  std::string name;
  std::vector<std::pair<std::string, Param>> params{};  // in the order of the table's columns
  double value = 0;
  std::string unit{};
  std::string stat{};  // empty: the median
  std::optional<double> low{}, high{};
  std::optional<double> limit{};
  std::string limit_name{};
  std::optional<double> ratio{};
  std::string goal{};
  std::optional<bool> met{};
  std::string note{};
};

void print(const Figure& figure);  // one line on stdout, flushed

// `q` from 0 to 1, between the two nearest values. `values` is not empty.
double quantile(std::vector<double> values, double q);
inline double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

// Sets value, low and high from repeated measurements.
void summarize(Figure& figure, const std::vector<double>& values);

}  // namespace selvedge::bench
