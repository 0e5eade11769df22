// Matches are judged one by one, then together: nft refuses a rule that asks for two families or
// two protocols, and drops a check that another match implies, so that the rule would
// come back from the kernel in another form.
#include "nft/validate_rule.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>

#include "nft/overloaded.h"
#include "nft/references.h"
#include "nft/text.h"

namespace selvedge::nft {
namespace {

using Faults = std::vector<std::string>;

constexpr std::size_t longest_interface = 15;
constexpr std::uint32_t all_ct_states = MatchCtState::invalid | MatchCtState::established | MatchCtState::related |
                                        MatchCtState::fresh | MatchCtState::untracked;

void append(Faults& faults, Faults more) {
  faults.insert(faults.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

template <typename T>
Faults range_faults(const std::vector<Range<T>>& ranges, std::string_view what) {
  const std::string name(what);
  Faults faults;
  if (ranges.empty()) faults.push_back(name + " has no values: it can never match");
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto [first, last] = ranges[i];
    const std::string range = name + ' ' + std::to_string(first) + '-' + std::to_string(last);
    if (first > last) faults.push_back(range + " runs backwards");
    if (i > 0 && first <= ranges[i - 1].last + 1) {
      faults.push_back(range + " is out of order, overlaps or adjoins the one before it");
    }
  }
  return faults;
}

Faults match_faults(const MatchAddress& m) {
  const auto& prefix = m.prefix;
  if (prefix.bits > 8 * width(prefix.address.family)) {
    return {"prefix " + to_string(prefix) + " is longer than its address"};
  }
  if (contains(prefix, prefix.address)) return {};
  return {"prefix " + to_string(prefix) + " has bits set beyond its length"};
}

Faults match_faults(const MatchPort& m) {
  auto faults = range_faults(m.ports, "dport");
  const bool known = m.protocol == 6 || m.protocol == 17 || m.protocol == 132;
  if (!known) faults.push_back("protocol " + std::to_string(m.protocol) + " has no ports: TCP, UDP and SCTP have");
  return faults;
}

Faults match_faults(const MatchCtState& m) {
  if (m.states != 0 && (m.states & ~all_ct_states) == 0) return {};
  return {"ct state mask " + std::to_string(m.states) + " is empty or has unknown bits"};
}

Faults match_faults(const MatchInterface& m) {
  if (m.name.empty()) return {"interface name is empty"};
  if (m.name.size() > longest_interface) return {"interface name \"" + m.name + "\" is longer than 15 bytes"};
  const bool plain = std::all_of(m.name.begin(), m.name.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"'*\\/:").find(c) == std::string_view::npos;
  });
  if (plain) return {};
  return {"interface name \"" + m.name + "\" has a byte that an interface cannot have or nft reads otherwise"};
}

Faults match_faults(const MatchIcmpv6Type& m) {
  return range_faults(m.types, "icmpv6 type");
}

Faults match_faults(const MatchFibType& m) {
  if (m.type >= MatchFibType::unicast && m.type <= MatchFibType::multicast) return {};
  return {"fib type " + std::to_string(m.type) + " is unknown"};
}

Faults match_faults(const MatchEtherType& m) {
  if (m.types.size() < 2) return {"ether type has fewer than two values"};
  const auto out = std::ranges::adjacent_find(m.types, std::greater_equal<>());
  if (out == m.types.end()) return {};
  return {"ether type " + std::to_string(*out) + " is out of order or repeated"};
}

template <typename AlwaysSound>
Faults match_faults(const AlwaysSound&) {
  return {};
}

// "ip" and "ip6" in one rule, or `meta nfproto` beside a match that implies it.
Faults family_faults(const Rule& rule) {
  std::size_t v4 = 0;
  std::size_t v6 = 0;
  bool is_explicit = false;
  const auto note = [&](std::optional<Family> family) {
    if (family) ++(*family == Family::v4 ? v4 : v6);
  };
  for (const Match& match : rule.matches) {
    note(family_of(match));
    is_explicit = is_explicit || std::holds_alternative<MatchFamily>(match);
  }
  note(family_of(rule.verdict));
  if (v4 > 0 && v6 > 0) return {"asks for IPv4 and for IPv6: it can never match"};
  if (is_explicit && v4 + v6 > 1) return {"repeats the check of the family, which another match implies"};
  return {};
}

// What the kernel or nft have in tables of one family alone, or otherwise in the other.
Faults table_faults(const Rule& rule, TableFamily table) {
  const bool bridge = table == TableFamily::bridge;
  const bool fits = std::ranges::all_of(rule.matches, [&](const Match& match) {
    if (std::holds_alternative<MatchEtherType>(match)) return bridge;
    const bool of_inet = std::holds_alternative<MatchFamily>(match) || std::holds_alternative<MatchCtState>(match) ||
                         std::holds_alternative<MatchFibType>(match);
    return !bridge || !of_inet;
  });
  if (fits && (bridge || !std::holds_alternative<DispatchInterface>(rule.verdict))) return {};
  return {std::string("has a match or verdict that tables of family ") + to_string(table) + " do not have"};
}

std::optional<std::uint8_t> protocol_of(const Match& match) {
  using Found = std::optional<std::uint8_t>;
  return std::visit(Overloaded{
                        [](const MatchProtocol& m) -> Found { return m.protocol; },
                        [](const MatchPort& m) -> Found { return m.protocol; },
                        [](const MatchIcmpv6Type&) -> Found { return std::uint8_t{58}; },
                        [](const MatchMidstream&) -> Found { return std::uint8_t{6}; },
                        [](const auto&) -> Found { return std::nullopt; },
                    },
                    match);
}

Faults protocol_faults(const Rule& rule) {
  std::vector<std::uint8_t> protocols;
  bool is_explicit = false;
  for (const Match& match : rule.matches) {
    if (const auto protocol = protocol_of(match)) protocols.push_back(*protocol);
    is_explicit = is_explicit || std::holds_alternative<MatchProtocol>(match);
  }
  const auto other = std::adjacent_find(protocols.begin(), protocols.end(), std::not_equal_to<>());
  if (other != protocols.end()) {
    return {"asks for protocol " + std::to_string(*other) + " and for " + std::to_string(*(other + 1)) +
            ": it can never match"};
  }
  if (is_explicit && protocols.size() > 1) return {"repeats the check of the protocol, which another match implies"};
  return {};
}

Faults repetition_faults(const Rule& rule) {
  for (auto match = rule.matches.begin(); match != rule.matches.end(); ++match) {
    if (std::find(rule.matches.begin(), match, *match) == match) continue;
    return {"repeats a match: " + to_text(Rule{{*match}, "", Return{}, ""})};
  }
  return {};
}

Faults log_faults(const Verdict& verdict) {
  const auto* log = std::get_if<Log>(&verdict);
  if (log == nullptr) return {};
  constexpr std::size_t longest = 127;
  Faults faults;
  if (log->rate == 0 || log->burst == 0) faults.push_back("a log's rate and burst are not both above 0: it never logs");
  if (log->prefix.empty() || log->prefix.size() > longest)
    faults.push_back("a log's prefix has " + std::to_string(log->prefix.size()) + " bytes, not 1 to 127");
  const bool plain = std::ranges::all_of(log->prefix, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x1f && byte < 0x7f && c != '"' && c != '\\' && c != '$';
  });
  if (!plain) faults.push_back("a log's prefix \"" + log->prefix + "\" has a byte that nft reads otherwise");
  return faults;
}

const KeyType* key_type(const Reference& reference, const Table& table) {
  const std::string name(reference.name);
  if (const auto set = table.sets.find(name); reference.to == Reference::To::set && set != table.sets.end()) {
    return &set->second.type;
  }
  if (const auto map = table.maps.find(name); reference.to == Reference::To::map && map != table.maps.end()) {
    return &map->second.type;
  }
  return nullptr;
}

Faults reference_faults(const Reference& reference, const Table& table) {
  const std::string name(reference.name);
  if (reference.to == Reference::To::chain) return {};  // target_faults()
  if (reference.to == Reference::To::counter) {
    return table.counters.contains(name) ? Faults{} : Faults{"counter " + name + " does not exist"};
  }
  const std::string object = (reference.to == Reference::To::set ? "set " : "map ") + name;
  const KeyType* type = key_type(reference, table);
  if (!type) return {object + " does not exist"};
  if (*type != reference.type) return {object + " has keys of another type than is looked up"};
  return {};
}

}  // namespace

std::vector<std::string> faults_of(const Rule& rule, const Table& table) {
  Faults faults;
  for (const Match& match : rule.matches) {
    append(faults, std::visit([](const auto& m) { return match_faults(m); }, match));
  }
  append(faults, family_faults(rule));
  append(faults, protocol_faults(rule));
  append(faults, table_faults(rule, table.family));
  append(faults, repetition_faults(rule));
  for (const Reference& reference : references_of(rule)) append(faults, reference_faults(reference, table));
  append(faults, target_faults(rule.verdict, table));
  append(faults, log_faults(rule.verdict));
  append(faults, comment_faults(rule.comment));
  return faults;
}

std::vector<std::string> target_faults(const Verdict& verdict, const Table& table) {
  const auto target = target_of(verdict);
  if (!target) return {};
  const auto chain = table.chains.find(std::string(*target));
  if (chain == table.chains.end()) return {"chain " + std::string(*target) + " does not exist"};
  if (chain->second.base) return {"chain " + chain->first + " is a base chain: nothing can jump to it"};
  return {};
}

std::vector<std::string> comment_faults(const std::string& comment) {
  constexpr std::size_t longest = 127;
  Faults faults;
  if (comment.size() > longest) {
    faults.push_back("comment of " + std::to_string(comment.size()) + " bytes is longer than 127");
  }
  const bool breaks_out = std::any_of(comment.begin(), comment.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '"' || byte < 0x20 || byte == 0x7f;
  });
  if (breaks_out) faults.push_back("comment has a quote or a control byte, which nft cannot escape");
  return faults;
}

}  // namespace selvedge::nft
