// A pod of this node as policies see it: which of them select it, and in which
// directions it is isolated by that.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/cluster.h"
#include "controller/direction.h"
#include "controller/policy.h"
#include "nft/ip.h"

namespace selvedge {

struct Endpoint {
  std::string uid;
  std::vector<nft::Address> addresses;
  std::set<k8s::ObjectKey> policies;
  std::array<bool, 2> isolated{false, false};  // by direction

  bool is_isolated(Direction d) const { return isolated.at(static_cast<std::size_t>(d)); }
};

// No value: `key` is no pod of this node that takes part in policy.
std::optional<Endpoint> endpoint_of(const k8s::ObjectKey& key, const Cluster& cluster,
                                    const std::map<k8s::ObjectKey, CompiledPolicy>& policies);

}  // namespace selvedge
