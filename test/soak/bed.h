// The node under traffic, and what is counted there.
//
//   prerouting …   forward / input  -20   "before": one counter for each flow
//                                   -10, -5         the rules that are under test
//                                   +10   "after": one counter for each flow, then drop
//
// The counting table is a table of its own, owned by this process, so that `nft flush ruleset` spares it.
// What it has counted goes no further, unless it is of an established connection: so no packet
// that leaks makes a conntrack entry, and each leak counts as one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "nft/netlink_backend.h"
#include "test/soak/flows.h"
#include "test/support/packet_bed_wiring.h"

namespace selvedge::soak {

struct Count {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
};

// Used by the thread that made it; makes that thread's namespace, which must be fresh, the node.
// Throws std::runtime_error when it cannot be set up.
class Bed {
 public:
  explicit Bed(std::vector<Flow> flows);

  const std::vector<Flow>& flows() const { return flows_; }
  test::Wiring& wiring() { return wiring_; }
  std::vector<Count> counts();                      // of each flow, since the bed was made
  bool withstands_flush() const { return owned_; }  // else `nft flush ruleset` would end the counting

 private:
  std::vector<Flow> flows_;
  test::Wiring wiring_;
  nft::NetlinkBackend backend_;
  bool owned_ = false;
};

}  // namespace selvedge::soak
