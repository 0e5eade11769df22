// Rules of a direction that policyTypes does not name: they count for nothing
// (semantics 2, 3).
#include "controller/lint/checks.h"

namespace selvedge::lint {

std::vector<Finding> ignored_directions(const Scene& scene) {
  std::vector<Finding> findings;
  for (const Subject& subject : scene.policies()) {
    const k8s::NetworkPolicy& written = *subject.written;
    if (!written.ingress_isolates && !written.ingress.empty())
      findings.push_back(
          {"direction-ignored", subject.policy.key, "spec.ingress",
           "has " + counted(written.ingress.size(), "rule") +
               ", but policyTypes does not name Ingress; they are ignored, and nobody is isolated by them",
           "ingress"});
    if (!written.egress_isolates && !written.egress.empty())
      findings.push_back(
          {"direction-ignored", subject.policy.key, "spec.egress",
           "has " + counted(written.egress.size(), "rule") +
               ", but policyTypes does not name Egress; they are ignored, and nobody is isolated by them",
           "egress"});
  }
  return findings;
}

}  // namespace selvedge::lint
