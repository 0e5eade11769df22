// A rule in nft's words: one function per match, in the order in which they are tried.
#include <array>
#include <string_view>
#include <utility>

#include "nft/text.h"
#include "nft/text_words.h"

namespace selvedge::nft {
namespace {

// In the order in which nft lists them.
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 5> ct_states{{
    {MatchCtState::invalid, "invalid"},
    {MatchCtState::established, "established"},
    {MatchCtState::related, "related"},
    {MatchCtState::fresh, "new"},
    {MatchCtState::untracked, "untracked"},
}};
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 5> fib_types{{
    {MatchFibType::unicast, "unicast"},
    {MatchFibType::local, "local"},
    {MatchFibType::broadcast, "broadcast"},
    {MatchFibType::anycast, "anycast"},
    {MatchFibType::multicast, "multicast"},
}};

template <typename T>
std::string range_text(const Range<T>& range) {
  if (range.first == range.last) return std::to_string(range.first);
  return std::to_string(range.first) + '-' + std::to_string(range.last);
}

// "80", "8000-8100", "{ 80, 8000-8100 }"
template <typename T>
std::string ranges_text(const std::vector<Range<T>>& ranges) {
  if (ranges.size() == 1) return range_text(ranges.front());
  std::string text = "{ ";
  for (std::size_t i = 0; i < ranges.size(); ++i) text += (i > 0 ? ", " : "") + range_text(ranges[i]);
  return text + " }";
}

// By the names that nft has within itself.
std::string ether_type(std::uint16_t type) {
  switch (type) {
    case MatchEtherType::ip:
      return "ip";
    case MatchEtherType::arp:
      return "arp";
    case MatchEtherType::vlan:
      return "8021q";
    case MatchEtherType::ip6:
      return "ip6";
    default:
      return std::to_string(type);
  }
}

std::string negation(bool negated) {
  return negated ? "!= " : "";
}

std::string match_text(const MatchFamily& m) {
  return m.family == Family::v4 ? "meta nfproto ipv4" : "meta nfproto ipv6";
}

std::string match_text(const MatchProtocol& m) {
  return "meta l4proto " + text::protocol(m.protocol);
}

std::string match_text(const MatchAddress& m) {
  return text::family(m.prefix.address.family) + ' ' + text::side(m.side) + ' ' + text::prefix(m.prefix);
}

std::string match_text(const MatchAddressSet& m) {
  return text::family(m.family) + ' ' + text::side(m.side) + " @" + text::name(m.set);
}

std::string match_text(const MatchEndpointSet& m) {
  return text::family(m.family) + " daddr . meta l4proto . th dport @" + text::name(m.set);
}

std::string match_text(const MatchPort& m) {
  return text::protocol(m.protocol) + " dport " + ranges_text(m.ports);
}

std::string match_text(const MatchCtState& m) {
  std::string states;
  for (const auto& [bit, word] : ct_states) {
    if ((m.states & bit) == 0) continue;
    if (!states.empty()) states += ',';
    states += word;
  }
  return "ct state " + states;
}

std::string match_text(const MatchInterface& m) {
  return (m.way == Way::in ? "iifname " : "oifname ") + negation(m.negated) + text::quoted(m.name);
}

std::string match_text(const MatchIcmpv6Type& m) {
  return "icmpv6 type " + ranges_text(m.types);
}

std::string match_text(const MatchHopLimit& m) {
  return "ip6 hoplimit " + std::to_string(m.limit);
}

std::string match_text(const MatchMidstream&) {
  return "tcp flags != syn / fin,syn,rst,ack";
}

std::string match_text(const MatchEtherType& m) {
  std::string types;
  for (const std::uint16_t type : m.types) types += (types.empty() ? "" : ", ") + ether_type(type);
  return "ether type " + negation(m.negated) + "{ " + types + " }";
}

std::string match_text(const MatchFibType& m) {
  std::string type = std::to_string(m.type);
  for (const auto& [number, word] : fib_types) {
    if (number == m.type) type = word;
  }
  return "fib " + text::side(m.side) + " type " + negation(m.negated) + type;
}

}  // namespace

std::string to_text(const Rule& rule) {
  std::string text;
  for (const Match& match : rule.matches) {
    text += std::visit([](const auto& m) { return match_text(m); }, match) + ' ';
  }
  if (!rule.counter.empty()) text += "counter name " + text::quoted(text::name(rule.counter)) + ' ';
  text += text::verdict(rule.verdict);
  if (!rule.comment.empty()) text += " comment " + text::quoted(rule.comment);
  return text;
}

}  // namespace selvedge::nft
