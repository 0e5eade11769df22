// `- namespaceSelector:` and, after it, `- podSelector:` as two elements of one
// list, which is OR, where one element with both, which is AND, was likely meant
// (semantics 10). A dash decides.
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

bool is_namespaces_only(const k8s::Peer& peer) {
  return peer.namespace_selector && !peer.pod_selector && !peer.ip_block;
}
bool is_pods_only(const k8s::Peer& peer) {
  return peer.pod_selector && !peer.namespace_selector && !peer.ip_block;
}

const PodSet* set_of(const AllowRule& rule, std::size_t peer) {
  const auto found = std::ranges::lower_bound(rule.pods, peer, {}, &AllowRule::Pods::index);
  return found != rule.pods.end() && found->index == peer ? &found->set : nullptr;
}

// The two beside each other, in either order; none is not understood.
std::optional<Finding> judge(const RuleAt& at, std::size_t first) {
  const auto& peers = at.written->peers;
  const bool straight = is_namespaces_only(peers[first]) && is_pods_only(peers[first + 1]);
  const bool reversed = is_pods_only(peers[first]) && is_namespaces_only(peers[first + 1]);
  if (!straight && !reversed) return std::nullopt;
  const PodSet* namespaces = set_of(*at.rule, straight ? first : first + 1);
  const PodSet* pods = set_of(*at.rule, straight ? first + 1 : first);
  if (namespaces == nullptr || pods == nullptr || pods->pods.requirements.empty()) return std::nullopt;
  const std::string meant = "namespaceSelector " + quoted(to_string(namespaces->namespaces)) + " and podSelector " +
                            quoted(to_string(pods->pods));
  return Finding{"two-elements-meant-as-one", at.subject->policy.key, peer_field(at, first),
                 meant +
                     " are two elements, so that either is enough: all pods of those namespaces, and the pods of "
                     "namespace " +
                     at.subject->policy.key.ns + "; in one element both must hold",
                 meant};
}

}  // namespace

std::vector<Finding> two_elements(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.all_rules()) {
    for (std::size_t i = 0; i + 1 < at.written->peers.size(); ++i) {
      if (auto finding = judge(at, i)) findings.push_back(*std::move(finding));
    }
  }
  return findings;
}

}  // namespace selvedge::lint
