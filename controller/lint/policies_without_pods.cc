// Policies that select no pod: they isolate nobody (semantics 16). Pods on the
// host's network are nodes to policies (R7), and a frequent reason.
#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

std::string reason(const Scene& scene, const Subject& subject) {
  const auto anyone = [](const k8s::Pod&) { return true; };
  const PodSet set = subject.selects();
  const std::string selector = quoted(to_string(set.pods));
  if (const auto* pod = scene.find(set, anyone, Network::host))
    return selector + " selects only pods on the host's network, such as " + name_of(*pod) +
           ", which policies take for nodes; it has no effect";
  if (scene.find({.ns = set.ns, .namespaces = {}, .pods = {}}) == nullptr)
    return selector + " selects no pod: there is none in namespace " + set.ns + "; it has no effect now";
  return selector + " selects no pod of namespace " + set.ns + "; it has no effect now";
}

}  // namespace

std::vector<Finding> policies_without_pods(const Scene& scene) {
  std::vector<Finding> findings;
  for (const Subject& subject : scene.policies()) {
    const k8s::ObjectKey& key = subject.policy.key;
    if (subject.selects_somebody || !subject.written->understood || scene.unknown().pods.contains(key.ns)) continue;
    findings.push_back({"policy-selects-nothing", key, "spec.podSelector", reason(scene, subject), ""});
  }
  return findings;
}

}  // namespace selvedge::lint
