#include "test/soak/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <set>

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

// Milliseconds, sorted.
template <typename Belongs>
std::vector<double> healing_times(const TrialResult& result, Belongs belongs) {
  std::vector<double> times;
  for (const Wipe& wipe : result.wipes)
    if (belongs(wipe)) times.push_back(static_cast<double>(wipe.healed.count()) / 1000);
  std::sort(times.begin(), times.end());
  return times;
}
std::vector<double> healing_times(const TrialResult& result, bool busy) {
  return healing_times(result, [busy](const Wipe& wipe) { return wipe.busy == busy; });
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

void append_healing(std::string& text, const std::string& what, const std::vector<double>& times) {
  if (times.empty()) return;
  append(text, "    %-28s %4zu %9.1f %9.1f %9.1f %9.1f %9.1f\n", what.c_str(), times.size(), times.front(),
         quantile(times, 0.5), quantile(times, 0.9), quantile(times, 0.99), times.back());
}

void append_healing(std::string& text, const TrialResult& result) {
  if (result.wipes.empty()) return;
  append(text, "  healed after, ms: %23s %9s %9s %9s %9s %9s\n", "wipes", "min", "median", "p90", "p99", "max");
  append_healing(text, "writer busy", healing_times(result, true));
  append_healing(text, "writer idle", healing_times(result, false));
  std::set<std::string> kinds;
  for (const Wipe& wipe : result.wipes) kinds.insert(wipe.how);
  for (const std::string& how : kinds)
    append_healing(text, how, healing_times(result, [&how](const Wipe& wipe) { return wipe.how == how; }));
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

std::string to_text(Fault fault, const FaultResult& result) {
  std::string text;
  append(text, "a faulty writer, %s: %lu leaked of %lu in %lu transactions\n", to_string(fault).c_str(), result.leaked,
         result.judged, result.commits);
  return text;
}

std::string to_json_line(Fault fault, const FaultResult& result) {
  nlohmann::json one =
      line("faulty writer: " + to_string(fault), "leaked", static_cast<double>(result.leaked), "packets");
  one["goal"] = "> 0";
  one["met"] = result.leaked > 0;
  one["note"] = "in " + std::to_string(result.commits) + " transactions";
  return one.dump() + "\n";
}

}  // namespace selvedge::soak
