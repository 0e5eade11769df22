// The traffic of the soak: flows whose verdict is the same in every state of the world
// (world.h), while policies, pods and sets that carry the verdict change around them. So
// each packet that is judged otherwise was judged by something that never was true.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nft/packet.h"

namespace selvedge::soak {

// All packets of one sender to one receiver, protocol and port; each from another source port unless established.
struct Flow {
  std::string name;
  nft::Packet packet;
  bool allowed = false;
  int weight = 1;            // how many of its packets are sent for one of others
  bool established = false;  // of a connection that conntrack has known since before the soak began
};

inline constexpr std::uint16_t established_port = 9000;  // the source port of established flows

std::vector<Flow> flows();

}  // namespace selvedge::soak
