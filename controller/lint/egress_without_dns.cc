// Pods that may reach something, by the union of their policies, and nobody on port
// 53: they cannot resolve a name (semantics 115). A pod that may reach nothing has no
// use for names.
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

constexpr std::uint16_t domain = 53;

bool includes_domain(const PortRanges& ranges) {
  return ranges.empty() ||
         std::ranges::any_of(ranges, [](const auto& r) { return r.first <= domain && domain <= r.last; });
}

// What a name stands for is each pod's own affair; one that has it on port 53 is enough.
bool names_domain(const Scene& scene, const NamedPort& named) {
  return std::ranges::any_of(scene.pods(), [&](const k8s::Pod* pod) {
    return std::ranges::find(pod->ports, k8s::ContainerPort{named.name, named.protocol, domain}) != pod->ports.end();
  });
}

bool grants_dns(const Scene& scene, const AllowRule& rule) {
  if (rule.ports.any) return true;
  for (const auto& [protocol, ranges] : rule.ports.numbered) {
    if (protocol != k8s::Protocol::sctp && includes_domain(ranges)) return true;
  }
  return std::ranges::any_of(rule.ports.named, [&](const NamedPort& named) { return names_domain(scene, named); });
}

struct Egress {
  const Subject* first = nullptr;  // the first policy that isolates the pod
  bool something = false;          // is granted
  bool dns = false;
};

using EgressOfPods = std::map<const k8s::Pod*, Egress>;

EgressOfPods egress_of_pods(const Scene& scene) {
  EgressOfPods all;
  for (const Subject& subject : scene.policies()) {
    const auto& egress = subject.policy.egress;
    if (!egress.isolates) continue;
    const bool dns = std::ranges::any_of(egress.rules, [&](const auto& rule) { return grants_dns(scene, rule); });
    scene.find(subject.selects(), [&](const k8s::Pod& pod) {
      Egress& of_pod = all[&pod];
      if (of_pod.first == nullptr) of_pod.first = &subject;
      of_pod.something |= !egress.rules.empty();
      of_pod.dns |= dns;
      return false;  // see them all
    });
  }
  return all;
}

}  // namespace

std::vector<Finding> egress_without_dns(const Scene& scene) {
  const EgressOfPods all = egress_of_pods(scene);
  std::vector<Finding> findings;
  for (const k8s::Pod* pod : scene.pods()) {
    const auto egress = all.find(pod);
    if (egress == all.end() || !egress->second.something || egress->second.dns) continue;
    findings.push_back(
        {"egress-without-dns", egress->second.first->policy.key, "spec.egress",
         "allows nobody on port 53, nor does another policy of pod " + name_of(*pod) + "; it cannot resolve names",
         ""});
  }
  return findings;
}

}  // namespace selvedge::lint
