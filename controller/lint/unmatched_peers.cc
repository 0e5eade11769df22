// Peers whose selectors match no pod: a misspelt label, a namespace meant but not
// named, pods on the host's network.
#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

bool is_anything(const k8s::Pod&) {
  return true;
}

// "no pod", and what may have been meant.
std::string no_pod(const Scene& scene, const PodSet& set) {
  if (const auto* pod = scene.find(set, is_anything, Network::host))
    return "only pods on the host's network, such as " + name_of(*pod) + ", which policies take for nodes";
  if (set.ns.empty()) return "no pod";
  if (const auto* pod = scene.find({.ns = "", .namespaces = {}, .pods = set.pods}))
    return "no pod of namespace " + set.ns + " (without a namespaceSelector beside it, others such as " +
           name_of(*pod) + " are not meant)";
  return "no pod of namespace " + set.ns;
}

struct Blame {
  std::string field;    // of the peer
  std::string message;  // the selector and what it does not match
};

Blame blame(const Scene& scene, const PodSet& set) {
  const std::string namespaces = quoted(to_string(set.namespaces));
  const std::string pods = quoted(to_string(set.pods));
  if (!set.ns.empty()) return {".podSelector", pods + " matches " + no_pod(scene, set)};
  if (!scene.knows_namespace(set.namespaces)) return {".namespaceSelector", namespaces + " matches no namespace"};
  if (set.pods.requirements.empty()) return {".namespaceSelector", namespaces + " matches " + no_pod(scene, set)};
  return {".podSelector", pods + " matches " + no_pod(scene, set) + " in the namespaces " + namespaces};
}

Finding finding_of(const RuleAt& at, std::size_t peer, const Blame& blame) {
  return {.rule = "peer-matches-nothing",
          .object = at.subject->policy.key,
          .field = peer_field(at, peer) + blame.field,
          .message = blame.message + "; the peer matches nothing now",
          .repeats = blame.field + blame.message};
}

}  // namespace

std::vector<Finding> unmatched_peers(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.rules()) {
    for (const AllowRule::Pods& peer : at.rule->pods) {
      if (scene.find(peer.set) == nullptr && !scene.may_hold_more(peer.set))
        findings.push_back(finding_of(at, peer.index, blame(scene, peer.set)));
    }
  }
  return findings;
}

}  // namespace selvedge::lint
