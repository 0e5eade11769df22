#include "nft/held_table.h"

#include <algorithm>
#include <utility>

namespace selvedge::nft {

HeldTable::HeldTable(Table table) {
  HeldElements elements = take_elements(table);
  *this = HeldTable(std::move(table), std::move(elements));
}

HeldTable::HeldTable(Table outline, HeldElements elements)
    : state_{.outline = std::move(outline), .elements = std::move(elements), .uses = {}, .levels = {}} {
  state_.uses = UseCounts(state_.outline);
  state_.levels = JumpLevels(state_.outline);
}

Table HeldTable::table() const {
  Table table = state_.outline;
  for (auto& [name, set] : table.sets) set.elements = state_.elements.at(name).list();
  return table;
}

std::size_t HeldTable::elements() const {
  std::size_t all = 0;
  for (const auto& [set, elements] : state_.elements) all += elements.size();
  return all;
}

bool HeldTable::equals(const Table& other) const {
  const Table& own = state_.outline;
  if (own.name != other.name || own.family != other.family || own.counters != other.counters ||
      own.maps != other.maps || own.chains != other.chains) {
    return false;
  }
  return std::equal(own.sets.begin(), own.sets.end(), other.sets.begin(), other.sets.end(),
                    [this](const auto& a, const auto& b) {
                      return a.first == b.first && same_shape(a.second, b.second) &&
                             state_.elements.at(a.first).equals(b.second.elements);
                    });
}

bool HeldTable::equals(const PackedDump& dump) const {
  return state_.outline == dump.dump.table && state_.elements == dump.elements;
}

bool HeldTable::agrees_with(const Tally& tally) const {
  const Table& own = state_.outline;
  if (tally.dormant || tally.chains.size() != own.chains.size()) return false;
  if (tally.sets.size() != own.sets.size() + own.maps.size()) return false;
  const auto has = [&](const std::string& name, std::size_t elements) {
    const auto set = tally.sets.find(name);
    return set != tally.sets.end() && set->second.value_or(elements) == elements;
  };
  const auto has_set = [&](const auto& set) {  // an interval without an end counts by half, and halves do not count
    const bool open = own.sets.at(set.first).interval && set.second.reaches_end();
    return has(set.first, set.second.size() - (open ? 1 : 0));
  };
  return std::ranges::all_of(own.chains,
                             [&](const auto& chain) {
                               const auto found = tally.chains.find(chain.first);
                               return found != tally.chains.end() &&
                                      found->second == chain.second.rules.size() + state_.uses.of_chain(chain.first);
                             }) &&
         std::ranges::all_of(state_.elements, has_set) &&
         std::ranges::all_of(own.maps, [&](const auto& map) { return has(map.first, map.second.elements.size()); });
}

Changes HeldTable::changes_to(Table desired) const {
  std::map<std::string, std::vector<Element>> of_new_sets;
  for (auto& [name, set] : desired.sets) {
    if (!state_.outline.sets.contains(name)) of_new_sets[name] = std::exchange(set.elements, {});
  }
  Changes changes = diff(state_.outline, state_.elements, desired);
  for (auto& [name, elements] : of_new_sets) std::get<Set>(changes.sets.at(name)).elements = std::move(elements);
  return changes;
}

tl::expected<void, Refusal> apply(Table& table, const Batch& batch) {
  HeldTable held(table);
  auto applied = held.apply(batch);
  if (applied) table = held.table();
  return applied;
}

}  // namespace selvedge::nft
