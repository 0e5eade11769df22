// Both tables are walked once, side by side, as the sorted runs that they are.
#include "nft/changes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace selvedge::nft {
namespace {

std::optional<SetChange> change_of(const Set& from, const Set& to) {
  if (!same_shape(from, to)) return to;
  SetDelta delta;
  std::set_difference(from.elements.begin(), from.elements.end(), to.elements.begin(), to.elements.end(),
                      std::back_inserter(delta.remove));
  std::set_difference(to.elements.begin(), to.elements.end(), from.elements.begin(), from.elements.end(),
                      std::back_inserter(delta.add));
  if (delta == SetDelta{}) return std::nullopt;
  return delta;
}

std::optional<MapChange> change_of(const Map& from, const Map& to) {
  if (!same_shape(from, to)) return to;
  MapDelta delta;
  auto old = from.elements.begin();
  auto now = to.elements.begin();
  while (old != from.elements.end() || now != to.elements.end()) {
    const bool old_only = now == to.elements.end() || (old != from.elements.end() && old->first < now->first);
    const bool now_only = old == from.elements.end() || (now != to.elements.end() && now->first < old->first);
    const bool equal = !old_only && !now_only && old->second == now->second;
    if (!equal && !now_only) delta.remove.push_back(old->first);
    if (!equal && !old_only) delta.add.insert(delta.add.end(), *now);
    if (!now_only) ++old;
    if (!old_only) ++now;
  }
  if (delta == MapDelta{}) return std::nullopt;
  return delta;
}

std::optional<ChainChange> change_of(const Chain& from, const Chain& to) {
  if (from == to) return std::nullopt;
  return to;
}

// `change_of_both` tells what becomes of an object that both have.
template <typename Change, typename Object, typename ChangeOf>
std::map<std::string, Change> changes_of(const std::map<std::string, Object>& from,
                                         const std::map<std::string, Object>& to, const ChangeOf& change_of_both) {
  std::map<std::string, Change> changes;
  for (const auto& [name, object] : from) {
    if (!to.contains(name)) changes.emplace(name, Gone{});
  }
  for (const auto& [name, object] : to) {
    const auto old = from.find(name);
    if (old == from.end()) {
      changes.emplace(name, object);
    } else if (auto change = change_of_both(name, old->second, object)) {
      changes.emplace(name, std::move(*change));
    }
  }
  return changes;
}

constexpr auto by_content = [](const std::string&, const auto& from, const auto& to) { return change_of(from, to); };

template <typename SetChangeOf>
Changes changes_of(const Table& from, const Table& to, const SetChangeOf& set_change) {
  Changes changes{
      .counters = {},
      .sets = changes_of<SetChange>(from.sets, to.sets, set_change),
      .maps = changes_of<MapChange>(from.maps, to.maps, by_content),
      .chains = changes_of<ChainChange>(from.chains, to.chains, by_content),
  };
  for (const auto& name : from.counters) {
    if (!to.counters.contains(name)) changes.counters.emplace(name, false);
  }
  for (const auto& name : to.counters) {
    if (!from.counters.contains(name)) changes.counters.emplace(name, true);
  }
  return changes;
}

}  // namespace

Changes diff(const Table& from, const Table& to) {
  return changes_of(from, to, by_content);
}

Changes diff(const Table& from, const HeldElements& elements, const Table& to) {
  return changes_of(from, to, [&](const std::string& name, const Set& outline, const Set& set) {
    const PackedElements& held = elements.at(name);
    if (!same_shape(outline, set)) return std::optional<SetChange>(set);
    if (held.equals(set.elements)) return std::optional<SetChange>();
    return change_of(Set{outline.type, outline.interval, outline.comment, held.list()}, set);
  });
}

HeldElements take_elements(Table& table) {
  HeldElements elements;
  for (auto& [name, set] : table.sets) {
    elements.emplace(name, PackedElements(set.type, set.interval)).first->second.add(std::exchange(set.elements, {}));
  }
  return elements;
}

bool same_shape(const Set& a, const Set& b) {
  return a.type == b.type && a.interval == b.interval && a.comment == b.comment;
}

bool same_shape(const Map& a, const Map& b) {
  return a.type == b.type && a.comment == b.comment;
}

bool same_shape(const Chain& a, const Chain& b) {
  return a.base == b.base;
}

}  // namespace selvedge::nft
