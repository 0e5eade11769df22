// Rulesets in the layout that kube-router 2.11 writes, for as many pods and policies as a scene has: the form of its
// chains, matches and sets as seen on a node of its own, in both of its modes. Not its code, and not its output.
//
//   KUBE-ROUTER-FORWARD     two jumps for each local pod (by destination, by source); with iptables each twice, once
//                           more for bridged packets; then the tail: accept what is marked 0x20000
//   KUBE-POD-FW-POD         COMMON (invalid drop, replies accept, some ICMP); from the node itself accept; a jump per
//                           policy that selects the pod; what bears no mark 0x10000 is logged at a limit and
//                           rejected; else the marks are changed
//   KUBE-NWPLCY-POLICY      per rule: source in a set of the rule's own and destination in one of the policy's own:
//                           mark 0x10000, return. A match ends the policy's chain, and not the next policy's.
#pragma once

#include <string>

#include "test/bench/scene.h"

namespace selvedge::bench {

std::string kube_router_ipsets(const Shapes& shapes);    // for `ipset restore`, before
std::string kube_router_iptables(const Shapes& shapes);  // for `iptables-restore`: table ip filter
std::string kube_router_nftables(const Shapes& shapes);  // for `nft -f`: table ip kube-router-filter-ipv4

}  // namespace selvedge::bench
