// What a log statement of ours says of the packet: why it was denied, in which direction, and whose chain it was.
//
//   selvedge deny egress HASH-namespace/pod     no policy of the pod allows it
//   selvedge audit ingress HASH-namespace/pod   the same, but its namespace is audited: it passed
//   selvedge guard ingress                      no known pod has the address
//   selvedge link-scope                         by another address than pods', between ports of the bridge
//   selvedge vxlan                              encapsulated, by a pod to a node
//   selvedge own-address                        by a pod, from an address of the node's own
//
// The kernel takes 127 bytes (NF_LOG_PREFIXLEN - 1), less than a pod's name can have: its tail is cut then. The
// hash before it is that of the pod's chain (controller/names.h), and tells apart what is cut alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controller/direction.h"

namespace selvedge {

constexpr std::size_t prefix_limit = 127;

enum class Denial : std::uint8_t { policy, audit, guard, link_scope, vxlan, own_address };
std::string_view to_string(Denial denial);  // "deny", "audit", "guard", "link-scope", …

struct DenialPrefix {
  Denial denial{};
  std::optional<Direction> direction;  // of policy, audit and guard
  std::string hash;                    // of policy and audit: as in the names of the pod's chain and counters
  std::string pod;                     // of policy and audit: "namespace/pod", the tail of which may be cut
  bool operator==(const DenialPrefix&) const = default;
};

// Of what the chain of a pod denies; `chain` as pod_chain_name() gives it.
std::string pod_prefix(Denial denial, Direction direction, std::string_view chain);
// Of what belongs to no pod.
std::string base_prefix(Denial denial);
std::string guard_prefix(Direction direction);

// None: it is not one of ours.
std::optional<DenialPrefix> parse_denial_prefix(std::string_view text);

}  // namespace selvedge
