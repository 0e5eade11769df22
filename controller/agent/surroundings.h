// What the daemon must know of its node beside the API's objects: what unmet_preconditions() finds, which
// addresses Flannel gives to pods here, and whether a pod hangs on the bridge yet.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/ip.h"

namespace selvedge::agent {

struct Surroundings {
  std::vector<std::string> unmet{};
  std::vector<nft::Prefix> pod_ranges{};
  std::string pod_ranges_fault{};  // why the file that tells them is of no use; empty: it is, or there is none
  bool pods_attached = true;       // or it cannot be told
  bool ipvs = false;               // Services go by IPVS
  // What the daemon cannot do here beside the rules of policies, for /readyz; whoever found it has logged it.
  std::vector<std::string> warnings{};
};

// FLANNEL_SUBNET and FLANNEL_IPV6_SUBNET, in the file that flanneld writes for its CNI plugin. Without the file there
// are none; the error names file and line.
tl::expected<std::vector<nft::Prefix>, std::string> flannel_subnets(const std::filesystem::path& file);

// Whether the node has an interface of that name. kube-proxy's of IPVS mode is kube-ipvs0 (semantics 81).
bool has_interface(const std::filesystem::path& proc, const std::string& name);

// Whether a pod hangs on `bridge`, in the network namespace of the calling thread; or it cannot be told. Takes 2 ms for
// 100 pods.
bool has_pods(const std::string& bridge);

}  // namespace selvedge::agent
