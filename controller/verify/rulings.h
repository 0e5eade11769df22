// The boundaries that the reading's own rulings draw, beside those of policies:
// paths, conntrack states, kinds of destination, neighbour discovery.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/meaning/evaluate.h"
#include "controller/verify/transports.h"
#include "nft/ip.h"
#include "nft/packet.h"

namespace selvedge::verify {

// Equal numbers: evaluate() cannot tell the states apart.
enum class StateClass : std::uint8_t { reply, invalid, first };
StateClass class_of(std::uint32_t state);

// Whether nothing but path and state counts: replies, what comes to the node from elsewhere than the pod bridge, and
// what leaves it where Services do not go by IPVS.
bool settles_all(const nft::Packet& path, const meaning::Viewpoint& viewpoint);

// Whether link-local, broadcast and multicast destinations are judged on this path (R13).
bool judges_link_scope(const nft::Packet& path, const meaning::Viewpoint& viewpoint);

// Whether it counts that the source is the node's own.
bool asks_for_own_source(const nft::Packet& path, const meaning::Viewpoint& viewpoint);

// Ports and ICMPv6 types that rulings name on this path.
TransportQuestions rulings_on(const nft::Packet& path, const meaning::Viewpoint& viewpoint);

// Addresses that rulings name, in both families.
std::vector<nft::Interval> ruled_addresses();

}  // namespace selvedge::verify
