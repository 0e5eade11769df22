#include "nft/held_table.h"

#include <algorithm>
#include <utility>

namespace selvedge::nft {

HeldTable::HeldTable(Table table) {
  state_.uses = UseCounts(table);
  state_.levels = JumpLevels(table);
  for (auto& [name, set] : table.sets) {
    auto& elements = state_.elements.emplace(name, PackedElements(set.type, set.interval)).first->second;
    elements.add(std::exchange(set.elements, {}));
  }
  state_.outline = std::move(table);
}

Table HeldTable::table() const {
  Table table = state_.outline;
  for (auto& [name, set] : table.sets) set.elements = state_.elements.at(name).list();
  return table;
}

bool HeldTable::equals(const Table& other) const {
  const Table& own = state_.outline;
  if (own.name != other.name || own.counters != other.counters || own.maps != other.maps ||
      own.chains != other.chains) {
    return false;
  }
  return std::equal(own.sets.begin(), own.sets.end(), other.sets.begin(), other.sets.end(),
                    [this](const auto& a, const auto& b) {
                      return a.first == b.first && same_shape(a.second, b.second) &&
                             state_.elements.at(a.first).equals(b.second.elements);
                    });
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

Changes HeldTable::changes_to(const Table& desired) const {
  return diff(state_.outline, state_.elements, desired);
}

tl::expected<void, Refusal> apply(Table& table, const Batch& batch) {
  HeldTable held(table);
  auto applied = held.apply(batch);
  if (applied) table = held.table();
  return applied;
}

}  // namespace selvedge::nft
