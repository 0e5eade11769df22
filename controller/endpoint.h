// A pod of this node as policies see it: which of them select it, and in which
// directions it is isolated by that.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/cluster.h"
#include "controller/direction.h"
#include "controller/policy_book.h"
#include "nft/ip.h"

namespace selvedge {

struct Endpoint {
  std::string uid;
  std::vector<nft::Address> addresses;
  std::set<k8s::ObjectKey> policies;
  std::array<bool, 2> isolated{false, false};  // by direction
  bool understood = true;                      // false: nothing is allowed to it (R9)

  bool is_isolated(Direction d) const { return isolated.at(static_cast<std::size_t>(d)); }
  bool is_isolated() const { return isolated[0] || isolated[1]; }
};

// No value: `key` is no pod of this node that takes part in policy.
std::optional<Endpoint> endpoint_of(const k8s::ObjectKey& key, const Cluster& cluster, const PolicyBook& policies);

// How many pods of this node there are.
struct Census {
  std::size_t addressed = 0;               // with an address
  std::size_t isolated = 0;                // in some direction
  std::array<std::size_t, 2> of_family{};  // addresses

  // `sign`: 1 or -1.
  void count(const Endpoint& endpoint, int sign) {
    const auto by = static_cast<std::size_t>(sign);  // -1 wraps around, and so back again
    if (!endpoint.addresses.empty()) addressed += by;
    if (endpoint.is_isolated()) isolated += by;
    for (const nft::Address& address : endpoint.addresses) of_family.at(static_cast<std::size_t>(address.family)) += by;
  }
};

}  // namespace selvedge
