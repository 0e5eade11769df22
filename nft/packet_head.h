// The first bytes of a packet, from its IP header on, as a log of packets holds them: who to whom, by what.
//
// Nothing in them is trusted: they come from whoever sent the packet, and end where the log cut them. What cannot be
// told any more (a fragment's ports, what lies behind the cut) is absent, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "nft/ip.h"

namespace selvedge::nft {

struct PacketHead {
  Address source;  // of one family with destination
  Address destination;
  std::uint8_t protocol = 0;  // of the last header that could be reached: 6 TCP, 17 UDP, 132 SCTP, 1 ICMP, 58 ICMPv6, …
  std::optional<std::uint16_t> source_port{};  // of protocols that have ports
  std::optional<std::uint16_t> destination_port{};
  std::optional<std::uint8_t> icmp_type{};  // of ICMP and ICMPv6
  std::optional<std::uint8_t> icmp_code{};
  std::uint32_t length = 0;  // of the whole packet, as its header says
  bool fragment = false;     // not the first one: it has no ports
  bool cut = false;          // the bytes end before what follows the IP headers

  bool operator==(const PacketHead&) const = default;
};

// The error says what the bytes are not.
tl::expected<PacketHead, std::string> read_packet_head(std::span<const std::uint8_t> bytes);

bool has_ports(std::uint8_t protocol);  // TCP, UDP, SCTP, DCCP, UDP-Lite

}  // namespace selvedge::nft
