// The API's rules for `port` and `endPort` (NetworkPolicyPort in networking/v1).
#include "controller/meaning/ports.h"

#include <algorithm>
#include <string_view>

namespace selvedge::meaning {
namespace {

constexpr std::int64_t highest = 65535;

// IANA service names, as the API holds container ports to: a-z, 0-9 and single `-` within, at least one letter.
bool is_port_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_allowed = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 15 && std::all_of(name.begin(), name.end(), is_allowed) &&
         std::any_of(name.begin(), name.end(), is_letter) && name.find("--") == name.npos && name.front() != '-' &&
         name.back() != '-';
}

std::optional<Ports> read_numbers(std::int64_t first, std::int64_t last) {
  if (first < 1 || last > highest || last < first) return std::nullopt;
  return Ports{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

}  // namespace

std::optional<PortElement> read_port(const k8s::PolicyPort& port) {
  if (!port.understood) return std::nullopt;
  if (const auto* number = std::get_if<std::int64_t>(&port.port)) {
    const auto numbers = read_numbers(*number, port.end_port.value_or(*number));
    return numbers ? std::optional(PortElement{port.protocol, *numbers}) : std::nullopt;
  }
  if (port.end_port) return std::nullopt;  // it ends a range that begins with a number
  if (const auto* name = std::get_if<std::string>(&port.port)) {
    return is_port_name(*name) ? std::optional(PortElement{port.protocol, *name}) : std::nullopt;
  }
  return PortElement{port.protocol, Ports{0, highest}};
}

std::vector<Ports> ports_at(const PortElement& element, const k8s::Pod* receiver) {
  if (const auto* numbers = std::get_if<Ports>(&element.ports)) return {*numbers};
  std::vector<Ports> found;
  if (receiver == nullptr || !receiver->understood) return found;
  for (const auto& declared : receiver->ports) {
    if (declared.number == 0 || declared.protocol != element.protocol) continue;
    if (declared.name == std::get<std::string>(element.ports)) found.push_back({declared.number, declared.number});
  }
  return found;
}

std::uint8_t number_of(k8s::Protocol protocol) {
  switch (protocol) {
    case k8s::Protocol::tcp:
      return 6;
    case k8s::Protocol::udp:
      return 17;
    case k8s::Protocol::sctp:
      return 132;
  }
  return 0;
}

}  // namespace selvedge::meaning
