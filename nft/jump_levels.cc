// Levels stop one above max_depth: so a circle ends there, too.
#include "nft/jump_levels.h"

#include <algorithm>

namespace selvedge::nft {
namespace {

constexpr std::uint8_t too_deep = max_depth + 1;

std::uint8_t level_in(const ByName<std::uint8_t>& levels, std::string_view name, std::uint8_t lowest) {
  const auto found = levels.find(name);
  return found == levels.end() ? lowest : found->second;
}

std::uint8_t below(std::uint8_t level) {
  return std::min<std::uint8_t>(static_cast<std::uint8_t>(level + 1), too_deep);
}

}  // namespace

JumpLevels::JumpLevels(const Table& table) {
  for (const auto& [name, chain] : table.chains) {
    for (const Rule& rule : chain.rules) led_on_from_chain(table, name, rule.verdict);
  }
  for (const auto& [name, map] : table.maps) {
    for (const auto& [key, verdict] : map.elements) led_on_from_map(table, name, verdict);
  }
}

bool JumpLevels::led_on_from_chain(const Table& table, std::string_view chain, const Verdict& verdict) {
  const std::uint8_t level = level_in(chains_, chain, 1);
  if (const auto target = target_of(verdict)) return raise(table, {{*target, false, below(level)}});
  if (const auto map = map_of(verdict)) return raise(table, {{*map, true, level}});
  return true;
}

bool JumpLevels::led_on_from_map(const Table& table, std::string_view map, const Verdict& verdict) {
  const auto target = target_of(verdict);
  return !target || raise(table, {{*target, false, below(level_in(maps_, map, 0))}});
}

bool JumpLevels::raise(const Table& table, std::vector<Step> steps) {
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    doubtful_ = doubtful_ || step.level >= too_deep;
    Levels& levels = step.map ? maps_ : chains_;
    if (step.level <= level_in(levels, step.to, step.map ? 0 : 1)) continue;
    levels.insert_or_assign(std::string(step.to), step.level);
    const auto more = onward(table, step);
    steps.insert(steps.end(), more.begin(), more.end());
  }
  return !doubtful_;
}

std::vector<JumpLevels::Step> JumpLevels::onward(const Table& table, const Step& step) {
  std::vector<Step> steps;
  const auto lead = [&](const Verdict& verdict) {
    if (const auto target = target_of(verdict)) steps.push_back({*target, false, below(step.level)});
    if (const auto map = map_of(verdict)) steps.push_back({*map, true, step.level});
  };
  const std::string name(step.to);
  const auto map = step.map ? table.maps.find(name) : table.maps.end();
  const auto chain = step.map ? table.chains.end() : table.chains.find(name);
  if (map != table.maps.end()) {
    for (const auto& [key, verdict] : map->second.elements) lead(verdict);
  }
  if (chain != table.chains.end()) {
    for (const Rule& rule : chain->second.rules) lead(rule.verdict);
  }
  return steps;
}

void JumpLevels::forget_chain(std::string_view chain) {
  if (const auto found = chains_.find(chain); found != chains_.end()) chains_.erase(found);
}

void JumpLevels::forget_map(std::string_view map) {
  if (const auto found = maps_.find(map); found != maps_.end()) maps_.erase(found);
}

}  // namespace selvedge::nft
