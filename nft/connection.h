// An entry of the kernel's connection tracking, as a value: who began, as the first packet was sent (original),
// and whence and whither answers go (reply).
//
// What NAT did shows in the difference: the reply's source is who got the packets, and its destination is who seemed
// to send them. So a connection to a Service names the pod behind it in its reply alone.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "nft/ip.h"

namespace selvedge::nft {

// One direction.
struct Tuple {
  Address source;  // of one family with destination
  Address destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;       // 0 where the protocol has none; of ICMP the identifier
  std::uint16_t destination_port = 0;  // 0 where the protocol has none
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;

  auto operator<=>(const Tuple&) const = default;
};

struct Connection {
  // Of `status`; Linux, uapi/linux/netfilter/nf_conntrack_common.h.
  static constexpr std::uint32_t expected = 1;  // some other connection announced it
  static constexpr std::uint32_t answered = 2;

  Tuple original;
  Tuple reply;
  std::uint32_t id = 0;  // the kernel's; of no order, but another one for another entry of equal tuples
  std::uint32_t status = 0;
  std::uint16_t zone = 0;  // of either direction; connections of other zones than 0 are not on our paths

  auto operator<=>(const Connection&) const = default;
};

// "tcp 10.244.2.7:40000 -> 10.96.0.10:80, to 10.244.1.5:3000"; the last where it is another.
std::string to_string(const Connection& connection);

}  // namespace selvedge::nft
