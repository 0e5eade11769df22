#include "test/soak/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "test/soak/layouts.h"

namespace selvedge::soak {
namespace {

__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text += line;
}

double seconds(const TrialResult& result) {
  return std::max(result.duration.count(), 1e-9);
}

std::vector<double> healing_times(const TrialResult& result, bool busy) {
  std::vector<double> times;
  for (const Wipe& wipe : result.wipes)
    if (wipe.busy == busy) times.push_back(static_cast<double>(wipe.healed.count()) / 1000);
  std::sort(times.begin(), times.end());
  return times;
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted.at(static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5));
}

void append_flows(std::string& text, const std::vector<FlowCount>& flows) {
  append(text, "  %-46s %-9s %12s %12s %8s %8s %10s\n", "flow", "", "before", "after", "leaked", "lost", "wiped");
  for (const FlowCount& one : flows)
    append(text, "  %-46s %-9s %12lu %12lu %8lu %8lu %10lu\n", one.flow.name.c_str(),
           one.flow.allowed ? "allowed" : "forbidden", one.before, one.after, one.leaked(), one.lost(),
           one.leaked_in_wipes);
}

void append_healing(std::string& text, const TrialResult& result) {
  for (const bool busy : {true, false}) {
    const auto times = healing_times(result, busy);
    if (times.empty()) continue;
    append(text, "  healed, %s writer: %zu wipes; ms: min %.1f, median %.1f, p90 %.1f, p99 %.1f, max %.1f\n",
           busy ? "busy" : "idle", times.size(), times.front(), quantile(times, 0.5), quantile(times, 0.9),
           quantile(times, 0.99), times.back());
  }
}

nlohmann::json line(const std::string& form, const std::string& name, double value, const char* unit) {
  return {{"section", "soak"}, {"name", name}, {"params", {{"table", form}}}, {"value", value}, {"unit", unit}};
}

}  // namespace

std::string to_text(const TrialResult& result) {
  std::string text = "control, traffic alone:\n";
  append_flows(text, result.control);
  text += "under change:\n";
  append_flows(text, result.flows);
  append(text, "  %lu packets sent in %.1f s, %.0f a second; %lu transactions, %.0f a second, of %lu turns\n",
         result.sent, result.duration.count(), static_cast<double>(result.sent) / seconds(result), result.commits,
         static_cast<double>(result.commits) / seconds(result), result.turns);
  append(text, "  %lu kills, %lu of them while the table was adopted; %lu whole-table comparisons; %lu failed writes\n",
         result.kills, result.killed_early, result.resyncs, result.failures);
  append(text, "  %zu wipes; %lu attempts withstood\n", result.wipes.size(), result.withstood);
  append_healing(text, result);
  text += "  transactions by what they contained:\n";
  for (std::size_t i = 0; i < acts; ++i) append(text, "    %-28s %8lu\n", act_names.at(i), result.commits_with.at(i));
  text += "  writers by the layout of their table:\n";
  for (std::size_t i = 0; i < result.writers_of_layout.size(); ++i)
    append(text, "    %-28s %8lu\n", to_string(static_cast<Layout>(i)).c_str(), result.writers_of_layout.at(i));
  append(text, "  leaked %lu, lost %lu; at the end the kernel %s what a fresh core makes of the cluster\n",
         result.leaked(), result.lost(), result.right_at_the_end ? "holds" : "DOES NOT HOLD");
  return text;
}

std::string to_json_lines(const TrialResult& result, const std::string& form) {
  std::vector<nlohmann::json> lines;
  const auto count = [&](const char* name, std::uint64_t value, const char* unit) -> nlohmann::json& {
    return lines.emplace_back(line(form, name, static_cast<double>(value), unit));
  };
  count("transactions", result.commits, "");
  lines.push_back(line(form, "packets", static_cast<double>(result.sent) / seconds(result), "/s"));
  count("kills", result.kills, "");
  count("table wipes", result.wipes.size(), "");
  for (const auto& [name, value] : {std::pair("leaked", result.leaked()), std::pair("lost", result.lost())}) {
    nlohmann::json& one = count(name, value, "packets");
    one["goal"] = "0";
    one["met"] = value == 0;
  }
  for (const bool busy : {true, false}) {
    const auto times = healing_times(result, busy);
    if (times.empty()) continue;
    nlohmann::json& one =
        lines.emplace_back(line(form, busy ? "table wiped, until healed, busy" : "table wiped, until healed, idle",
                                quantile(times, 0.5), "ms"));
    one["low"] = times.front();
    one["high"] = times.back();
    one["note"] = "spread: min and max";
  }
  std::string text;
  for (const nlohmann::json& one : lines) text += one.dump() + "\n";
  return text;
}

}  // namespace selvedge::soak
