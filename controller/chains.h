// Chain bodies. The layout, of which each packet walks one path per base chain:
//
//   hook forward -10  egress    ct state established,related accept
//                               between ports of the pod bridge: no router advertisements
//                               neighbour discovery, multicast listeners: accept
//                               between ports of the pod bridge: jump link-scope
//                               VXLAN from a pod: drop
//                               ip saddr  vmap @egress-v4  ──► goto pod-egress-HASH-ns/pod
//                               ip6 saddr vmap @egress-v6
//                               of the node's pod ranges, from the pod bridge: drop
//   hook forward  -5  ingress   the same start
//                               ip daddr  vmap @ingress-v4 ──► goto pod-ingress-HASH-ns/pod
//                               of the node's pod ranges, to the pod bridge: drop
//   hook input   -10  to-node   not from the pod bridge: accept
//                               the same start, link-scope, VXLAN, then as egress
//
// Where Services go by IPVS, a pod's packet to one comes to the node and is taken at hook input, 99; to the pod
// behind the Service it leaves by hook output, as its sender's still (net/netfilter/ipvs/ip_vs_core.c). So there,
// instead of to-node:
//
//   hook input   -10  to-services       not from the pod bridge: accept
//                                       the same start, link-scope; from the node's own addresses: drop
//   hook input   110  to-node-late      as to-node: what IPVS left
//   hook output  -10  egress-services   replies; from the node's own addresses: accept; then as egress
//   hook output   -5  ingress-services  the same, as ingress
//
//   pod-egress-…      own addresses accept; with --own-node allowed, the node's too; invalid drop
//                     jump policy-egress-… for each policy that isolates it; log (throttled); drop
//                     Of a pod whose namespace is audited: accept where it says drop
//   policy-egress-…   one rule per (peers, ports): accept
//   denied-…          where base chains say drop: log (throttled); drop
//
// Two base chains on forward, because `accept` ends only the base chain it is in:
// what may leave its sender must still be allowed into its receiver. Ingress and
// egress rules of a policy never share a chain. Both run after kube-proxy's DNAT
// (-100) and before SNAT (100): rules see pod addresses and target ports. An
// `accept` of ours overrides nobody's drop.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "controller/deny_log.h"
#include "controller/names.h"
#include "controller/policy.h"
#include "controller/set_source.h"
#include "nft/ruleset.h"

namespace selvedge {

struct Node {
  std::string bridge;
  std::uint16_t vxlan_port = 0;      // 0: none
  bool isolates = false;             // some pod of this node is isolated in some direction
  std::vector<nft::Prefix> guarded;  // where an address that is in no dispatch map is no pod's
  bool ipvs = false;                 // Services go by IPVS
  std::optional<DenyLog> log;        // of what base chains drop

  bool operator==(const Node&) const = default;
};

std::string dispatch_map_name(Direction direction, nft::Family family);  // "egress-v4"

// By name. The chains of one way for Services to go are not those of the other: both hold while one replaces the other.
std::map<std::string, nft::Chain> base_chains(const Node& node);

struct PodChain {
  Direction direction{};
  bool own_node_open = false;  // its own node is open to it (R3)
  bool audited = false;        // what nothing allows is counted and told, and accepted
  std::optional<DenyLog> log;
  std::string name;
  std::vector<nft::Address> addresses;
  std::string counter;  // of what nothing allows
  std::vector<std::string> policy_chains;
};
nft::Chain pod_chain(const PodChain& pod);

// Whose rules a chain holds, but for base chains.
struct PodRules {
  k8s::ObjectKey pod;
  Direction direction{};
};
struct PolicyRules {
  k8s::ObjectKey policy;
  Direction direction{};
};
using ChainOwner = std::variant<PodRules, PolicyRules>;

// Rules for the given families only: a node without IPv6 pods needs no IPv6 sets.
nft::Chain policy_chain(const Policy& policy, Direction direction, const std::set<nft::Family>& families);

// The sets that the chains of `policy` look addresses up in.
std::set<SetSource> sets_of(const Policy& policy);

}  // namespace selvedge
