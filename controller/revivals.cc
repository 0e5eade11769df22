#include "controller/revivals.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "controller/chains.h"

namespace selvedge {
namespace {

using nft::Family;
using nft::Side;

constexpr std::array directions{Direction::ingress, Direction::egress};
constexpr std::array families{Family::v4, Family::v6};
constexpr std::uint8_t tcp = 6;
const std::string counter = "deny-revival";
const std::string chain_name = "egress";  // it sees whatever is forwarded, before any other of ours

std::string set_name(Direction direction, Family family) {
  return "suspects-" + std::string(to_string(direction)) + (family == Family::v4 ? "-v4" : "-v6");
}

std::vector<nft::Element> elements_of(const std::set<nft::Address>& addresses, Family family) {
  std::vector<nft::Element> elements;
  for (const nft::Address& address : addresses) {
    if (address.family == family) elements.push_back({nft::key_of(address), nft::key_of(address)});
  }
  return elements;
}

nft::Set set_of(const std::set<nft::Address>& addresses, Family family) {
  return {.type = nft::address_type(family),
          .interval = false,
          .comment = "connections of these were cut lately",
          .elements = elements_of(addresses, family)};
}

std::vector<nft::Rule> rules() {
  std::vector<nft::Rule> all;
  for (const Direction direction : directions) {
    const Side side = direction == Direction::ingress ? Side::source : Side::destination;
    for (const Family family : families) {
      all.push_back({.matches = {nft::MatchAddressSet{side, family, set_name(direction, family)},
                                 nft::MatchCtState{nft::MatchCtState::fresh}, nft::MatchMidstream{}},
                     .counter = counter,
                     .verdict = nft::Drop{},
                     .comment = "the wrong end of a cut connection"});
    }
  }
  return all;
}

nft::Chain without_rules(nft::Chain chain) {
  std::erase_if(chain.rules, [](const nft::Rule& rule) { return rule.counter == counter; });
  return chain;
}

// After the first rule, by which what belongs to a connection passes.
nft::Chain with_rules(nft::Chain chain) {
  chain = without_rules(std::move(chain));
  assert(!chain.rules.empty());
  std::ranges::copy(rules(), std::inserter(chain.rules, std::next(chain.rules.begin())));
  return chain;
}

std::set<nft::Address> less(const std::set<nft::Address>& from, const std::set<nft::Address>& what) {
  std::set<nft::Address> left;
  std::ranges::set_difference(from, what, std::inserter(left, left.end()));
  return left;
}

void note(nft::Changes& changes, const Suspects& before, const Suspects& now, Direction direction, Family family) {
  const std::string name = set_name(direction, family);
  if (before.empty()) {
    changes.sets[name] = set_of(now.in(direction), family);
  } else if (now.empty()) {
    changes.sets[name] = nft::Gone{};
  } else {
    nft::SetDelta delta{.remove = elements_of(less(before.in(direction), now.in(direction)), family),
                        .add = elements_of(less(now.in(direction), before.in(direction)), family)};
    if (!delta.remove.empty() || !delta.add.empty()) changes.sets[name] = std::move(delta);
  }
}

}  // namespace

void Suspects::add(const Suspects& others) {
  for (const Direction direction : directions)
    in(direction).insert(others.in(direction).begin(), others.in(direction).end());
}

Suspects ends_of(const nft::Connection& cut, const Neighbourhood& neighbourhood) {
  const auto packet = first_packet(cut, neighbourhood);
  if (!packet || packet->protocol != tcp || packet->hook != nft::Hook::forward) return {};
  Suspects ends;
  ends.in(Direction::ingress).insert(packet->destination);
  ends.in(Direction::egress).insert(packet->source);
  return ends;
}

Suspects isolated_among(const Suspects& ends, const nft::Table& table) {
  Suspects isolated;
  for (const Direction direction : directions) {
    for (const nft::Address& address : ends.in(direction)) {
      const auto map = table.maps.find(dispatch_map_name(direction, address.family));
      if (map == table.maps.end()) continue;
      const auto element = map->second.elements.find(nft::key_of(address));
      if (element != map->second.elements.end() && std::holds_alternative<nft::Goto>(element->second))
        isolated.in(direction).insert(address);
    }
  }
  return isolated;
}

Suspects suspects_in(const nft::PackedTable& table) {
  Suspects suspects;
  for (const Direction direction : directions) {
    for (const Family family : families) {
      const std::string name = set_name(direction, family);
      const auto set = table.outline.sets.find(name);
      if (set == table.outline.sets.end() || set->second.type != nft::address_type(family)) continue;
      for (const nft::Element& element : table.elements.at(name).list())
        suspects.in(direction).insert(*nft::address_of(element.first));
    }
  }
  return suspects;
}

nft::Table with_suspects(nft::Table table, const Suspects& suspects) {
  const auto chain = table.chains.find(chain_name);
  if (suspects.empty() || chain == table.chains.end()) return table;
  table.counters.insert(counter);
  for (const Direction direction : directions) {
    for (const Family family : families)
      table.sets[set_name(direction, family)] = set_of(suspects.in(direction), family);
  }
  chain->second = with_rules(std::move(chain->second));
  return table;
}

Unsuspecting without_suspects(nft::Table table) {
  Unsuspecting result{.table = std::move(table), .had_suspects = false};
  for (const Direction direction : directions) {
    for (const Family family : families)
      result.had_suspects |= result.table.sets.erase(set_name(direction, family)) != 0;
  }
  const auto chain = result.table.chains.find(chain_name);
  if (chain != result.table.chains.end()) chain->second = without_rules(std::move(chain->second));
  result.table.counters.erase(counter);
  return result;
}

nft::Changes keeping_rules(nft::Changes changes) {
  if (const auto chain = changes.chains.find(chain_name); chain != changes.chains.end()) {
    if (auto* body = std::get_if<nft::Chain>(&chain->second)) *body = with_rules(std::move(*body));
  }
  return changes;
}

nft::Changes suspect_changes(const nft::Table& held, const Suspects& before, const Suspects& now) {
  nft::Changes changes;
  const auto chain = held.chains.find(chain_name);
  if (before == now || chain == held.chains.end()) return changes;
  for (const Direction direction : directions) {
    for (const Family family : families) note(changes, before, now, direction, family);
  }
  if (before.empty() == now.empty()) return changes;
  changes.counters[counter] = before.empty();
  changes.chains[chain_name] = now.empty() ? without_rules(chain->second) : with_rules(chain->second);
  return changes;
}

}  // namespace selvedge
