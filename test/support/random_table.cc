// Jumps lead from a level to a higher one only, so that no two tables, nor any state between them,
// make a circle; seven levels stay within the kernel's 16 even when two tables are half mixed.
#include "test/support/random_table.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace selvedge::test {
namespace {

using namespace nft;  // NOLINT: what a table is made of

constexpr std::size_t levels = 6;  // of regular chains: 1 to 6; base chains are level 0

std::size_t below(Random& random, std::size_t bound) {
  return random() % bound;
}
bool one_in(Random& random, std::size_t n) {
  return below(random, n) == 0;
}

template <typename T, std::size_t size>
const T& pick(Random& random, const std::array<T, size>& from) {
  return from[below(random, size)];
}
template <typename T>
const T& pick(Random& random, const std::vector<T>& from) {
  return from[below(random, from.size())];
}

Family random_family(Random& random) {
  return one_in(random, 2) ? Family::v4 : Family::v6;
}
Side random_side(Random& random) {
  return one_in(random, 2) ? Side::source : Side::destination;
}

std::string padded_to(std::string name, std::size_t size) {
  name.resize(std::max(name.size(), size), 'x');
  return name;
}

template <typename T>
std::vector<Range<T>> random_ranges(Random& random) {
  constexpr unsigned top = std::numeric_limits<T>::max();
  std::vector<Range<T>> ranges;
  unsigned next = one_in(random, 4) ? 0 : static_cast<unsigned>(below(random, top));
  for (auto left = 1 + below(random, 5); left > 0 && next <= top; --left) {
    const auto span = one_in(random, 2) ? 0U : static_cast<unsigned>(below(random, top));
    const unsigned last = std::min(top, one_in(random, 12) ? top : next + span);
    ranges.push_back({static_cast<T>(next), static_cast<T>(last)});
    next = last + 2 + static_cast<unsigned>(below(random, top));
  }
  return ranges;
}

Prefix random_prefix(Random& random, Family family) {
  const auto most = 8 * width(family);
  const auto bits = one_in(random, 4) ? (one_in(random, 2) ? 0 : most) : below(random, most + 1);
  return *parse_prefix(to_string(random_address(random, family)) + '/' + std::to_string(bits));
}

// ---- what the pool of names holds

enum class SetKind : std::uint8_t { peers, block, named };

struct SetShape {
  SetKind kind{};
  Family family{};
};
SetShape set_shape(std::size_t index) {
  return {static_cast<SetKind>(index % 3), index / 3 % 2 == 0 ? Family::v4 : Family::v6};
}

std::string set_name(std::size_t index) {
  constexpr std::array<const char*, 3> kinds{"peers", "block", "named"};
  const auto shape = set_shape(index);
  std::string name = std::string(kinds[index % 3]) + "-A" + std::to_string(index) + ".b_c/d";
  if (index == 4) name = padded_to(name, 252);
  return name + (shape.family == Family::v4 ? "-v4" : "-v6");
}

Family map_family(std::size_t index) {
  return index % 2 == 0 ? Family::v4 : Family::v6;
}
std::size_t map_level(std::size_t index) {
  return index / 2 % levels;
}

std::string map_name(std::size_t index) {
  return "dispatch-" + std::to_string(index) + (map_family(index) == Family::v4 ? "-v4" : "-v6");
}

std::string chain_name(std::size_t index) {
  const std::string name = "policy-" + std::to_string(index) + "-shop/api.v1_x";
  return index == 5 ? padded_to(name, 255) : name;
}
std::size_t chain_level(std::size_t index) {
  return 1 + index % levels;
}

struct NamedBase {
  const char* name = nullptr;
  Base base;
};
constexpr std::array<NamedBase, 5> bases{{
    {"egress-forward", {Hook::forward, -10}},
    {"ingress-forward", {Hook::forward, -5}},
    {"to-node", {Hook::input, 0}},
    {"early", {Hook::forward, -400}},
    {"from-node", {Hook::output, 110}},
}};

// ---- a table

class Maker {
 public:
  Maker(Random& random, const TableSize& size) : random_(random), size_(size) {}

  Table make(const std::string& name) {
    table_.name = name;
    for (std::size_t i = 0; i < 6; ++i) {
      if (!one_in(random_, 4)) table_.counters.insert("deny-ingress-" + std::to_string(i) + "-shop/api");
    }
    for (std::size_t i = 0; i < size_.sets; ++i) {
      if (!one_in(random_, 4)) table_.sets.emplace(set_name(i), make_set(i));
    }
    for (std::size_t i = 0; i < size_.chains; ++i) {
      if (!one_in(random_, 4)) levels_.emplace_back(chain_name(i), chain_level(i));
    }
    for (std::size_t i = 0; i < size_.maps; ++i) {
      if (!one_in(random_, 4)) table_.maps.emplace(map_name(i), make_map(i));
    }
    for (const auto& [chain, level] : levels_) table_.chains.emplace(chain, Chain{std::nullopt, make_rules(level)});
    for (const auto& [chain, base] : bases) {
      if (!one_in(random_, 4)) table_.chains.emplace(chain, Chain{base, make_rules(0)});
    }
    return std::move(table_);
  }

 private:
  Set make_set(std::size_t index) {
    const auto [kind, family] = set_shape(index);
    Set set;
    set.type = kind == SetKind::named ? endpoint_type(family) : address_type(family);
    set.interval = kind == SetKind::block;
    if (index % 4 == 1) set.comment = "pods app=api of namespace shop, number " + std::to_string(index);
    const auto most = size_.elements * (one_in(random_, 8) ? 20 : 1);
    if (kind == SetKind::block) {
      for (const auto& [first, last] : random_intervals(random_, family, most)) {
        set.elements.push_back({key_of(first), key_of(last)});
      }
      return set;
    }
    std::set<Key> keys;
    for (auto left = below(random_, most + 1); left > 0; --left) {
      keys.insert(kind == SetKind::named ? endpoint(family) : key_of(random_address(random_, family)));
    }
    for (const Key& key : keys) set.elements.push_back({key, key});
    return set;
  }

  Key endpoint(Family family) {
    constexpr std::array<std::uint8_t, 5> protocols{6, 17, 132, 0, 255};
    constexpr std::array<std::uint16_t, 5> ports{0, 53, 80, 8080, 65535};
    return key_of(random_address(random_, family), pick(random_, protocols), pick(random_, ports));
  }

  Map make_map(std::size_t index) {
    Map map{address_type(map_family(index)), index % 3 == 1 ? "pods isolated here" : "", {}};
    for (auto left = below(random_, size_.elements + 1); left > 0; --left) {
      map.elements[key_of(random_address(random_, map_family(index)))] = simple_verdict(map_level(index));
    }
    return map;
  }

  // No Dispatch: what a map may hold.
  Verdict simple_verdict(std::size_t level) {
    std::vector<std::string> targets;
    for (const auto& [name, at] : levels_) {
      if (at > level) targets.push_back(name);
    }
    switch (below(random_, targets.empty() ? 3 : 7)) {
      case 0:
        return Accept{};
      case 1:
        return Drop{};
      case 2:
        return Return{};
      case 3:
      case 4:
        return Jump{pick(random_, targets)};
      default:
        return Goto{pick(random_, targets)};
    }
  }

  std::vector<Rule> make_rules(std::size_t level) {
    std::vector<Rule> rules;
    for (auto left = below(random_, size_.rules + 1); left > 0; --left) rules.push_back(make_rule(level));
    return rules;
  }

  Rule make_rule(std::size_t level) {
    Rule rule;
    std::optional<Family> family;
    if (!one_in(random_, 3)) family = random_family(random_);
    const bool checks_family = family && one_in(random_, 4);
    if (checks_family) rule.matches.push_back(MatchFamily{*family});
    if (family && !checks_family) add_addresses(rule.matches, *family);
    add_protocol(rule.matches, checks_family ? std::nullopt : family);
    add_others(rule.matches);
    std::shuffle(rule.matches.begin(), rule.matches.end(), random_);
    rule.verdict = simple_verdict(level);
    if (family && !checks_family && one_in(random_, 3)) dispatch(rule.verdict, *family, level);
    if (one_in(random_, 8)) rule.verdict = random_log();
    if (!table_.counters.empty() && one_in(random_, 4)) {
      const std::vector<std::string> counters(table_.counters.begin(), table_.counters.end());
      rule.counter = pick(random_, counters);
    }
    if (one_in(random_, 2)) rule.comment = random_comment(random_);
    return rule;
  }

  void add_addresses(std::vector<Match>& matches, Family family) {
    for (const Side side : {Side::source, Side::destination}) {
      if (one_in(random_, 3)) matches.push_back(MatchAddress{side, random_prefix(random_, family)});
      const auto set = pick_set(one_in(random_, 2) ? SetKind::peers : SetKind::block, family);
      if (set && one_in(random_, 3)) matches.push_back(MatchAddressSet{side, family, *set});
    }
    const auto named = pick_set(SetKind::named, family);
    if (named && one_in(random_, 4)) matches.push_back(MatchEndpointSet{family, *named});
    constexpr std::array<std::uint8_t, 3> limits{0, 1, 255};
    if (family == Family::v6 && one_in(random_, 4)) matches.push_back(MatchHopLimit{pick(random_, limits)});
  }

  std::optional<std::string> pick_set(SetKind kind, Family family) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < size_.sets; ++i) {
      const auto shape = set_shape(i);
      if (shape.kind == kind && shape.family == family && table_.sets.contains(set_name(i))) {
        names.push_back(set_name(i));
      }
    }
    if (names.empty()) return std::nullopt;
    return pick(random_, names);
  }

  // One check of the protocol at most; none beside a lookup of protocol and port.
  void add_protocol(std::vector<Match>& matches, std::optional<Family> family) {
    for (const Match& match : matches) {
      if (std::holds_alternative<MatchEndpointSet>(match)) return;
    }
    constexpr std::array<std::uint8_t, 3> with_ports{6, 17, 132};
    switch (below(random_, 6)) {
      case 0:
        matches.push_back(MatchProtocol{static_cast<std::uint8_t>(below(random_, 256))});
        break;
      case 1:
      case 2:
        matches.push_back(MatchPort{pick(random_, with_ports), random_ranges<std::uint16_t>(random_)});
        break;
      case 3:
        if (family == Family::v6) matches.push_back(MatchIcmpv6Type{random_ranges<std::uint8_t>(random_)});
        break;
      case 4:
        matches.push_back(MatchMidstream{});
        break;
      default:
        break;
    }
  }

  void add_others(std::vector<Match>& matches) {
    constexpr std::array<std::uint32_t, 5> states{MatchCtState::invalid, MatchCtState::established,
                                                  MatchCtState::related, MatchCtState::fresh, MatchCtState::untracked};
    constexpr std::array<const char*, 5> interfaces{"cni0", "lo", "flannel.1", "veth0123456789a", "eth0_x-y"};
    if (one_in(random_, 4)) {
      std::uint32_t mask = pick(random_, states);
      for (const auto state : states) mask |= one_in(random_, 3) ? state : 0;
      matches.push_back(MatchCtState{mask});
    }
    if (one_in(random_, 4)) {
      const Way way = one_in(random_, 2) ? Way::in : Way::out;
      matches.push_back(MatchInterface{way, pick(random_, interfaces), one_in(random_, 2)});
    }
    if (one_in(random_, 5)) {
      const auto type = static_cast<std::uint32_t>(MatchFibType::unicast + below(random_, 5));
      matches.push_back(MatchFibType{random_side(random_), type, one_in(random_, 2)});
    }
  }

  Log random_log() {
    constexpr std::array<std::uint32_t, 3> rates{1, 10, 100'000};
    return {.rate = pick(random_, rates),
            .burst = pick(random_, rates),
            .group = static_cast<std::uint16_t>(one_in(random_, 3) ? 65535 : below(random_, 200)),
            .prefix = padded_to("selvedge deny egress ", one_in(random_, 4) ? 127 : 30)};
  }

  // Points `verdict` to a map, if there is one for a chain of this level.
  void dispatch(Verdict& verdict, Family family, std::size_t level) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < size_.maps; ++i) {
      if (map_family(i) == family && map_level(i) >= level && table_.maps.contains(map_name(i))) {
        names.push_back(map_name(i));
      }
    }
    if (!names.empty()) verdict = Dispatch{random_side(random_), family, pick(random_, names)};
  }

  Random& random_;
  TableSize size_;
  Table table_;
  std::vector<std::pair<std::string, std::size_t>> levels_;  // the regular chains of this table
};

}  // namespace

Table random_table(Random& random, const TableSize& size, const std::string& name) {
  return Maker(random, size).make(name);
}

Address random_address(Random& random, Family family) {
  Address address{family, {}};
  const auto kind = below(random, 16);
  if (kind == 0) return address;
  const auto bytes = width(family);
  for (std::size_t i = 0; i < bytes; ++i) {
    address.bytes[i] = kind == 1 ? 0xff : kind == 2 ? static_cast<std::uint8_t>(random()) : 0;
  }
  if (kind <= 2) return address;
  // Of the pods' network, from a small part of it: so that tables have elements in common.
  address.bytes[0] = family == Family::v4 ? 10 : 0xfd;
  address.bytes[1] = family == Family::v4 ? 244 : 0;
  address.bytes[bytes - 2] = static_cast<std::uint8_t>(below(random, 4));
  address.bytes[bytes - 1] = static_cast<std::uint8_t>(random());
  return address;
}

std::vector<Interval> random_intervals(Random& random, Family family, std::size_t most) {
  std::vector<Interval> intervals;
  for (auto left = below(random, most + 1); left > 0; --left) {
    // Wide ones swallow all others, so they are rare.
    const auto first = random_address(random, family);
    const auto last = random_address(random, family);
    const bool wide = first.bytes[0] != last.bytes[0];
    if (one_in(random, 40)) {
      intervals.push_back(interval_of(random_prefix(random, family)));
    } else if (!wide && one_in(random, 4)) {
      intervals.push_back({std::min(first, last), std::max(first, last)});
    } else {
      intervals.push_back({first, first});
    }
  }
  return unite(std::move(intervals));
}

std::string random_comment(Random& random) {
  if (one_in(random, 8)) return "shop/api ingress[0] from[1] ports[2]";
  if (one_in(random, 8)) return std::string(127, 'c');
  std::string comment;
  for (auto left = 1 + below(random, 60); left > 0; --left) {
    const char c = static_cast<char>(' ' + below(random, 0x5f));
    comment += c == '"' ? "é" : std::string(1, c);
  }
  return comment;
}

std::vector<std::uint64_t> seeds(std::size_t count) {
  if (const char* given = std::getenv("SELVEDGE_SEED")) return {std::strtoull(given, nullptr, 10)};
  std::vector<std::uint64_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = i + 1;
  return all;
}

}  // namespace selvedge::test
