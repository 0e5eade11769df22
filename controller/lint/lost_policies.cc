// Policies in a namespace that is not there, where other namespaces are: a slip of
// the pen. Those that every cluster has are there without being given.
#include <array>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

constexpr std::array<std::string_view, 4> always_there = {"default", "kube-node-lease", "kube-public", "kube-system"};

bool is_lost(const Scene& scene, const std::string& ns) {
  for (const std::string_view name : always_there) {
    if (ns == name) return false;
  }
  return scene.unknown().assumed.contains(ns);
}

}  // namespace

std::vector<Finding> lost_policies(const Scene& scene) {
  std::vector<Finding> findings;
  if (!scene.knows_labels()) return findings;
  for (const Subject& subject : scene.policies()) {
    const k8s::ObjectKey& key = subject.policy.key;
    if (is_lost(scene, key.ns))
      findings.push_back(
          {"namespace-missing", key, "metadata.namespace",
           quoted(key.ns) + " is no Namespace of the input, which has others; the policy cannot be applied", ""});
  }
  return findings;
}

}  // namespace selvedge::lint
