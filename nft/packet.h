// One packet, as the rules at one hook see it: after DNAT, before SNAT.
#pragma once

#include <cstdint>
#include <string>

#include "nft/ip.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

struct Packet {
  Hook hook{};     // forward: to another host or pod; input: to the node itself; output: from it, its own or passed on;
                   // prerouting: at a port of the bridge
  std::string in;  // the interface it came by, at prerouting the port; empty at output
  std::string out;  // the one it leaves by; empty at input
  Address source;   // of one family with destination
  Address destination;
  std::uint8_t protocol = 0;  // the last header's: 6 TCP, 17 UDP, 132 SCTP, 1 ICMP, 58 ICMPv6, …
  // The second two bytes of that header, whatever it is: the destination port of TCP, UDP and SCTP.
  std::uint16_t port = 0;
  std::uint8_t icmpv6_type = 0;                       // of protocol 58
  std::uint8_t hop_limit = 64;                        // of IPv6
  bool midstream = false;                             // of TCP: it is no lone SYN
  std::uint32_t state = MatchCtState::fresh;          // conntrack's, one bit of MatchCtState
  std::uint32_t source_type = MatchFibType::unicast;  // what this node's routing table says, RTN_*
  std::uint32_t destination_type = MatchFibType::unicast;
  std::uint32_t in_index = 0;    // of `in`, where rules ask for it
  std::uint16_t ether_type = 0;  // of its frame, if it is not as its addresses say: 0x8100, it has a VLAN tag

  bool operator==(const Packet&) const = default;
};

// "new tcp 10.244.2.7 -> 10.244.1.5:3000 forwarded from eth0 to cni0"; what is as usual is left out.
std::string to_string(const Packet& packet);

}  // namespace selvedge::nft
