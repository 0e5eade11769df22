// The port that somebody asks about: `tcp/3000`, `53/udp`, `443` (TCP), `http` or `tcp/http` (a name that the
// receiving end declares), `icmp`, `icmp/8`, `icmpv6/128`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "k8sclient/types.h"

namespace selvedge::explain {

struct PortAsked {
  std::uint8_t protocol = 6;   // as in the IP header
  std::uint16_t number = 0;    // of TCP, UDP and SCTP; for ICMP what a packet has in its second two bytes
  std::uint8_t icmp_type = 8;  // of ICMP and ICMPv6: echo requests, unless another is asked about
  std::string name = {};       // to be looked up at the receiving end; its protocol is the declared one
  bool any_protocol = false;   // of a name that came without one

  bool is_icmp() const { return protocol == 1 || protocol == 58; }
  bool operator==(const PortAsked&) const = default;
};

// The error says what would be right.
tl::expected<PortAsked, std::string> read_port(std::string_view text);
std::string to_string(const PortAsked& port);  // "tcp/3000", "icmp", "icmp/3"

std::string name_of(std::uint8_t protocol);  // "tcp"; a number without a name as it is

}  // namespace selvedge::explain
