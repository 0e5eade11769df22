// Only the policies of the pod's own namespace are asked, which are next to each other by key.
#include "controller/endpoint.h"

#include <algorithm>

namespace selvedge {

std::optional<Endpoint> endpoint_of(const k8s::ObjectKey& key, const Cluster& cluster,
                                    const std::map<k8s::ObjectKey, CompiledPolicy>& policies) {
  const PodRecord* pod = cluster.pod(key);
  if (!pod || !pod->local) return std::nullopt;
  Endpoint endpoint{.uid = pod->uid, .addresses = pod->addresses, .policies = {}, .isolated = {}};
  for (auto p = policies.lower_bound({key.ns, ""}); p != policies.end() && p->first.ns == key.ns; ++p) {
    if (matches(p->second.policy.pods, pod->labels)) endpoint.policies.insert(p->first);
  }
  for (const Direction d : {Direction::ingress, Direction::egress}) {
    endpoint.isolated.at(static_cast<std::size_t>(d)) =
        !pod->understood || std::ranges::any_of(endpoint.policies, [&](const k8s::ObjectKey& policy) {
          return policies.at(policy).policy.in(d).isolates;
        });
  }
  return endpoint;
}

}  // namespace selvedge
