#include "controller/endpoint.h"

#include <algorithm>

namespace selvedge {

std::optional<Endpoint> endpoint_of(const k8s::ObjectKey& key, const Cluster& cluster, const PolicyBook& policies) {
  const PodRecord* pod = cluster.pod(key);
  if (!pod || !pod->local) return std::nullopt;
  const Likeness& like = pod->cohort->like;
  Endpoint endpoint{.uid = pod->uid,
                    .addresses = pod->addresses,
                    .policies = policies.selecting(key.ns, like.labels),
                    .isolated = {},
                    .understood = like.understood};
  for (const Direction d : {Direction::ingress, Direction::egress}) {
    endpoint.isolated.at(static_cast<std::size_t>(d)) =
        !like.understood || std::ranges::any_of(endpoint.policies, [&](const k8s::ObjectKey& policy) {
          return policies.find(policy)->policy.in(d).isolates;
        });
  }
  return endpoint;
}

}  // namespace selvedge
