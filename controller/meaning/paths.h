// What the way of a packet and its kind settle before any policy is asked: R4, R5, R13, R14.
#pragma once

#include <optional>
#include <vector>

#include "controller/meaning/evaluate.h"
#include "nft/ip.h"
#include "nft/packet.h"

namespace selvedge::meaning {

// `any_isolated`: some pod of this node is isolated in some direction. A value settles the packet, except
// `lease`, which settles its egress only.
std::optional<Reason::Kind> settled(const nft::Packet& packet, const Viewpoint& viewpoint, bool any_isolated);

// The addresses that these rules name.
std::vector<nft::Interval> addresses_with_rules();

}  // namespace selvedge::meaning
