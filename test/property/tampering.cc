#include "test/property/tampering.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "nft/overloaded.h"
#include "nft/validate.h"

namespace selvedge::test {
namespace {

using nft::Family;
using nft::Side;

template <typename Map>
auto any_of(Map& map, Dice& dice) {
  return std::next(map.begin(), dice.below(static_cast<int>(map.size())));
}

nft::Address some_address(const nft::Table& table, Dice& dice) {
  std::vector<nft::Address> addresses{*nft::parse_address("203.0.113.77"), *nft::parse_address("2001:db8::77")};
  const auto add = [&](const nft::Key& key, const nft::KeyType& type) {
    nft::Address address{type.front() == nft::Field::ipv4_addr ? Family::v4 : Family::v6, {}};
    std::copy_n(key.bytes.begin(), nft::width(address.family), address.bytes.begin());
    addresses.push_back(address);
  };
  for (const auto& [name, set] : table.sets) {
    for (const auto& element : set.elements) add(element.first, set.type);
  }
  for (const auto& [name, map] : table.maps) {
    for (const auto& [key, verdict] : map.elements) add(key, map.type);
  }
  return dice.pick(addresses);
}

std::uint8_t some_icmpv6_type(Dice& dice) {
  return static_cast<std::uint8_t>(dice.below(256));
}

nft::Match some_icmpv6_types(Dice& dice) {
  const std::uint8_t first = some_icmpv6_type(dice);
  return nft::MatchIcmpv6Type{{{first, static_cast<std::uint8_t>(std::min(255, first + dice.below(60)))}}};
}

nft::Match some_prefix(const nft::Table& table, Side side, Dice& dice) {
  const nft::Address address = some_address(table, dice);
  const int width = static_cast<int>(nft::width(address.family)) * 8;
  const int bits = dice.chance(50) ? width : dice.below(width + 1);
  return nft::MatchAddress{side, *nft::parse_prefix(nft::to_string(address) + "/" + std::to_string(bits))};
}

nft::Match some_match(const nft::Table& table, Dice& dice) {
  const Side side = dice.chance(50) ? Side::source : Side::destination;
  const auto port = static_cast<std::uint16_t>(dice.pick(std::vector<int>{53, 80, 443, 3000, 5432, 7777, 8080}));
  const nft::Way way = dice.chance(50) ? nft::Way::in : nft::Way::out;
  switch (dice.below(11)) {
    case 0:
    case 1:
      return some_prefix(table, side, dice);
    case 2:
      return nft::MatchPort{17, {{port, static_cast<std::uint16_t>(port + dice.below(3))}}};
    case 3:
      return nft::MatchProtocol{static_cast<std::uint8_t>(dice.pick(std::vector<int>{1, 6, 17, 47, 58, 132}))};
    case 4:
      return nft::MatchCtState{1U << dice.pick(std::vector<int>{0, 1, 2, 3, 6})};
    case 5:
      return nft::MatchInterface{way, dice.chance(50) ? "cni0" : "wg0", dice.chance(30)};
    case 6:
      return nft::MatchHopLimit{static_cast<std::uint8_t>(dice.pick(std::vector<int>{1, 33, 255}))};
    case 7:
      return nft::MatchFibType{side, static_cast<std::uint32_t>(1 + dice.below(5)), dice.chance(40)};
    case 8:
      return some_icmpv6_types(dice);
    case 9:
      return nft::MatchMidstream{};
    default:
      return nft::MatchPort{6, {{port, port}}};
  }
}

void add_rule(nft::Table& table, Dice& dice) {
  auto& rules = any_of(table.chains, dice)->second.rules;
  nft::Rule rule;
  for (int left = 1 + dice.below(3); left > 0; --left) rule.matches.push_back(some_match(table, dice));
  if (dice.chance(5)) rule.matches = {some_icmpv6_types(dice), some_icmpv6_types(dice)};
  if (dice.chance(5)) {
    for (std::uint32_t type = 1; type <= 5; ++type) {
      rule.matches.push_back(nft::MatchFibType{Side::source, type, true});
    }
  }
  rule.verdict = dice.chance(60) ? nft::Verdict{nft::Accept{}} : nft::Verdict{nft::Drop{}};
  rules.insert(rules.begin() + dice.below(static_cast<int>(rules.size()) + 1), rule);
}

void change_rule(nft::Table& table, Dice& dice) {
  auto& rules = any_of(table.chains, dice)->second.rules;
  if (rules.empty()) return;
  const auto at = rules.begin() + dice.below(static_cast<int>(rules.size()));
  switch (dice.below(5)) {
    case 0:
      rules.erase(at);
      return;
    case 1:
      std::iter_swap(at, rules.begin() + dice.below(static_cast<int>(rules.size())));
      return;
    case 2:
      at->verdict = dice.pick(std::vector<nft::Verdict>{nft::Accept{}, nft::Drop{}, nft::Return{}});
      return;
    case 3:
      if (!at->matches.empty())
        at->matches.erase(at->matches.begin() + dice.below(static_cast<int>(at->matches.size())));
      return;
    default:
      at->matches.push_back(some_match(table, dice));
  }
}

void change_set(nft::Table& table, Dice& dice) {
  if (table.sets.empty()) return;
  nft::Set& set = any_of(table.sets, dice)->second;
  if (!set.elements.empty() && dice.chance(50)) {
    set.elements.erase(set.elements.begin() + dice.below(static_cast<int>(set.elements.size())));
    return;
  }
  const nft::Address address = some_address(table, dice);
  nft::Key key = nft::key_of(address);
  if (set.type.size() > 1) key = nft::key_of(address, 6, static_cast<std::uint16_t>(8080 + dice.below(2)));
  set.elements.push_back({key, key});
  std::ranges::sort(set.elements);
}

void change_map(nft::Table& table, Dice& dice) {
  if (table.maps.empty()) return;
  nft::Map& map = any_of(table.maps, dice)->second;
  if (map.elements.empty() || dice.chance(30)) {
    map.elements.emplace(nft::key_of(some_address(table, dice)), nft::Drop{});
    return;
  }
  const auto element = any_of(map.elements, dice);
  if (dice.chance(50)) {
    map.elements.erase(element);
  } else {
    element->second = any_of(map.elements, dice)->second;
  }
}

void change_chain(nft::Table& table, Dice& dice) {
  nft::Chain& chain = any_of(table.chains, dice)->second;
  if (chain.base && dice.chance(30)) {
    chain.base->hook = chain.base->hook == nft::Hook::forward ? nft::Hook::input : nft::Hook::forward;
  } else {
    chain.rules.clear();
  }
}

}  // namespace

nft::Table tampered(const nft::Table& table, Dice& dice) {
  for (int tries = 0; tries < 20; ++tries) {
    nft::Table changed = table;
    switch (dice.below(8)) {
      case 0:
      case 1:
      case 2:
        add_rule(changed, dice);
        break;
      case 3:
      case 4:
        change_rule(changed, dice);
        break;
      case 5:
        change_set(changed, dice);
        break;
      case 6:
        change_map(changed, dice);
        break;
      default:
        change_chain(changed, dice);
    }
    if (nft::validate(changed).empty()) return changed;
  }
  return table;
}

nft::Packet aimed(nft::Packet packet, const nft::Table& table, Dice& dice) {
  const auto& rules = any_of(table.chains, dice)->second.rules;
  if (rules.empty()) return packet;
  const auto put = [&](Side side, const nft::Address& address) {
    nft::Address& end = side == Side::source ? packet.source : packet.destination;
    nft::Address& other = side == Side::source ? packet.destination : packet.source;
    end = address;
    if (other.family != address.family) other = address;
  };
  const auto put_element = [&](Side side, const nft::Set& set) {
    if (set.elements.empty()) return;
    const nft::Key& key = dice.pick(set.elements).first;
    nft::Address address{set.type.front() == nft::Field::ipv4_addr ? Family::v4 : Family::v6, {}};
    std::copy_n(key.bytes.begin(), nft::width(address.family), address.bytes.begin());
    put(side, address);
    if (set.type.size() == 1) return;
    const std::size_t at = nft::width(address.family);
    packet.protocol = key.bytes.at(at);
    packet.port = static_cast<std::uint16_t>(key.bytes.at(at + 4) << 8 | key.bytes.at(at + 5));
  };
  for (const nft::Match& match : dice.pick(rules).matches) {
    std::visit(nft::Overloaded{
                   [&](const nft::MatchAddress& m) { put(m.side, m.prefix.address); },
                   [&](const nft::MatchAddressSet& m) { put_element(m.side, table.sets.at(m.set)); },
                   [&](const nft::MatchEndpointSet& m) { put_element(Side::destination, table.sets.at(m.set)); },
                   [&](const nft::MatchProtocol& m) { packet.protocol = m.protocol; },
                   [&](const nft::MatchPort& m) {
                     packet.protocol = m.protocol;
                     packet.port = dice.chance(50) ? m.ports.front().first : m.ports.back().last;
                   },
                   [&](const nft::MatchCtState& m) { packet.state = m.states & (~m.states + 1); },
                   [&](const nft::MatchInterface& m) {
                     if (!m.negated) (m.way == nft::Way::in ? packet.in : packet.out) = m.name;
                   },
                   [&](const nft::MatchHopLimit& m) { packet.hop_limit = m.limit; },
                   [&](const nft::MatchMidstream&) {
                     packet.protocol = 6;
                     packet.midstream = true;
                   },
                   [&](const nft::MatchFibType& m) {
                     const auto type = m.negated ? static_cast<std::uint32_t>(dice.below(9)) : m.type;
                     (m.side == Side::source ? packet.source_type : packet.destination_type) = type;
                   },
                   [&](const nft::MatchIcmpv6Type& m) {
                     packet.protocol = 58;
                     const auto& range = dice.pick(m.types);
                     const int width = range.last - range.first + 1;
                     packet.icmpv6_type = static_cast<std::uint8_t>(range.first + dice.below(width));
                   },
                   [](const nft::MatchFamily&) {}, [](const nft::MatchEtherType&) {},  // of bridge tables alone
               },
               match);
  }
  if (packet.hook == nft::Hook::input) packet.out.clear();
  if (packet.hook == nft::Hook::output) packet.in.clear();
  return packet;
}

}  // namespace selvedge::test
