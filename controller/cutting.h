// Whether the rules of now forbid a connection that is open already (R4): its path by the entry that the kernel
// keeps of it, then the packet that would begin it now, judged by the table itself.
//
//   source is the node's own                  it left by the output hook: nobody's to judge (kubelet, host network)
//   answers come from one of the node's own   pod to its own node: hook input
//   else                                      both chains of hook forward
//
// Where answers come from is who got the packets, after DNAT: so a connection to a Service is judged by the pod
// behind it. In doubt nothing is said: cutting an allowed connection cannot be made good.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nft/connection.h"
#include "nft/ip.h"
#include "nft/packet.h"
#include "nft/simulate.h"

namespace selvedge {

// Whose the addresses are, as this node has it.
struct Neighbourhood {
  std::string bridge{};                   // that pods hang on
  std::set<nft::Address> pods{};          // of this node, as policies know them
  std::vector<nft::Prefix> pod_ranges{};  // where an address that is no pod's is guarded, and hangs on the bridge
  std::vector<nft::Interval> own{};       // what packets reach the node itself by; as unite() gives it
  std::vector<nft::Interval> shared{};    // with others: broadcast and anycast addresses; likewise
  bool bridge_exists = true;              // else what reaches the node by it is not judged
};

// One that some pod of this node takes part in, or could.
bool concerns_pods(const nft::Connection& connection, const Neighbourhood& neighbourhood);

// The packet that would begin it, at the hook and interfaces where the rules would see it; no value: it is not to be
// judged. So are those that another connection announced (they follow that one), of other zones, and those to or
// from link-local, shared and multicast addresses, whose way the addresses do not tell.
std::optional<nft::Packet> first_packet(const nft::Connection& connection, const Neighbourhood& neighbourhood);

bool is_forbidden(const nft::Connection& connection, const Neighbourhood& neighbourhood, const nft::Simulation& rules);

}  // namespace selvedge
