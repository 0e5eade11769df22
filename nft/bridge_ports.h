// The ports of this node's bridges, as values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nft/ip.h"

namespace selvedge::nft {

// By its index alone it is told from all that was and will be: the kernel does not give one twice before it has
// given 2^31 others.
struct BridgePort {
  std::uint32_t index = 0;
  std::string name;
  bool of_a_pod = false;         // of the pods' bridge, and its other end is in another network namespace
  std::int32_t peer_space = -1;  // that namespace, by the number that it has in this one
  std::uint32_t peer_index = 0;  // the other end's, there

  bool operator==(const BridgePort&) const = default;
};

struct BridgePorts {
  std::vector<BridgePort> ports;  // of all bridges, by index
  bool other_bridges = false;     // there are some beside the pods'

  bool operator==(const BridgePorts&) const = default;
};

}  // namespace selvedge::nft
