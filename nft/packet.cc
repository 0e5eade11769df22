// A packet in the words of the golden stories' flows, so that one can be pasted into the other.
#include "nft/packet.h"

#include <array>
#include <string_view>
#include <utility>

#include "nft/text_words.h"

namespace selvedge::nft {
namespace {

constexpr std::uint8_t icmpv6 = 58;

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 5> states{{
    {MatchCtState::invalid, "invalid"},
    {MatchCtState::established, "established"},
    {MatchCtState::related, "related"},
    {MatchCtState::fresh, "new"},
    {MatchCtState::untracked, "untracked"},
}};

std::string state_text(std::uint32_t mask) {
  std::string text;
  for (const auto& [bit, word] : states) {
    if ((mask & bit) == 0) continue;
    if (!text.empty()) text += ',';
    text += word;
  }
  return text.empty() ? "stateless" : text;
}

std::string fib_type_text(std::uint32_t type) {
  constexpr std::array<std::string_view, 6> words{"", "unicast", "local", "broadcast", "anycast", "multicast"};
  return type > 0 && type < words.size() ? std::string(words[type]) : std::to_string(type);
}

bool has_ports(std::uint8_t protocol) {
  return protocol == 6 || protocol == 17 || protocol == 132;
}

std::string destination_text(const Packet& packet) {
  std::string address = to_string(packet.destination);
  if (!has_ports(packet.protocol) && packet.port == 0) return address;
  const bool brackets = packet.destination.family == Family::v6;
  return (brackets ? '[' + address + ']' : address) + ':' + std::to_string(packet.port);
}

std::string way_of(Hook hook) {
  switch (hook) {
    case Hook::forward:
      return " forwarded";
    case Hook::input:
      return " to the node";
    case Hook::output:
      return " out of the node";
    case Hook::prerouting:
      return "";
  }
  return "";
}

std::string path_text(const Packet& packet) {
  std::string text = way_of(packet.hook);
  if (!packet.in.empty()) text += " from " + packet.in;
  if (!packet.out.empty()) text += " to " + packet.out;
  return text;
}

}  // namespace

std::string to_string(const Packet& packet) {
  std::string text = state_text(packet.state) + ' ' + text::protocol(packet.protocol);
  if (packet.protocol == icmpv6) text += " type " + std::to_string(packet.icmpv6_type);
  if (packet.midstream) text += " midstream";
  text += ' ' + to_string(packet.source) + " -> " + destination_text(packet) + path_text(packet);
  if (packet.source.family == Family::v6 && packet.hop_limit != Packet{}.hop_limit)
    text += ", hop limit " + std::to_string(packet.hop_limit);
  if (packet.source_type != MatchFibType::unicast) text += ", source " + fib_type_text(packet.source_type);
  if (packet.destination_type != MatchFibType::unicast)
    text += ", destination " + fib_type_text(packet.destination_type);
  return text;
}

}  // namespace selvedge::nft
