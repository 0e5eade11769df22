// What must hold on the node for the rules to see the pods' packets. The daemon
// never mends it: in its container /proc/sys is read-only. It says what would.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "controller/core.h"

namespace selvedge::agent {

// What does not hold, in words, each with what mends it; empty: all is well. Reads a few small files under
// `proc`, which must belong to the node's network namespace.
//  * interface `bridge` exists (empty: no pod hangs on it yet, so it need not): rules about what pods send to
//    their node go by its name.
//  * bridge-nf-call-iptables and -ip6tables are 1, else packets between two pods of this node bypass the
//    forward hook (Linux, Documentation/networking/ip-sysctl: bridge-nf-call-*). A missing file counts as 0;
//    without IPv6 in the kernel (semantics 105) the latter does not matter.
//  * with `ipvs` (Services go by it), net.ipv4.vs.conntrack is not 0: stateful rules ask for it (Linux,
//    Documentation/networking/ipvs-sysctl), else answers are judged like new connections. kube-proxy sets it. Without
//    the directory the kernel has no IPVS.
std::vector<std::string> unmet_preconditions(const std::string& bridge, bool ipvs,
                                             const std::filesystem::path& proc = "/proc");

// Likewise, that `bridge`, which exists, is not the one that `pods` hang on: the node, in the network namespace of the
// calling thread, has routes to some of them, and none by it. No value: it is, or it cannot be told, as without a
// route. Takes some 10 µs for each pod until one is found that hangs on it.
std::optional<std::string> pods_elsewhere(const std::string& bridge, const PodAddresses& pods);

}  // namespace selvedge::agent
