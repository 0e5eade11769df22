#include "controller/cli/rules_met.h"

#include "nft/simulate.h"
#include "nft/text.h"

namespace selvedge::cli {
namespace {

std::string seen(const nft::Dump& dump, const nft::Rule& rule) {
  const auto counter = dump.counters.find(rule.counter);
  if (rule.counter.empty() || counter == dump.counters.end()) return "";
  return "  # " + std::to_string(counter->second.packets) + " packets so far";
}

}  // namespace

std::vector<std::string> rules_met(const nft::Dump& dump, const nft::Packet& packet) {
  const nft::Outcome outcome = nft::simulate(dump.table, packet);
  std::vector<std::string> lines;
  for (const nft::Step& step : outcome.trace) {
    const nft::Rule& rule = dump.table.chains.at(step.chain).rules.at(step.rule);
    lines.push_back(step.chain + ": " + nft::to_text(rule) + seen(dump, rule));
  }
  lines.emplace_back(outcome.accepted ? "accepted" : "dropped");
  return lines;
}

}  // namespace selvedge::cli
