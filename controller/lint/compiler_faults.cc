// What compiling a policy could not make sense of, so that it fails closed. What
// decoding could not is the caller's to add: it is not in the objects any more.
#include "controller/lint/checks.h"

namespace selvedge::lint {

std::vector<Finding> compiler_faults(const Scene& scene) {
  std::vector<Finding> findings;
  for (const Subject& subject : scene.policies()) {
    for (const k8s::Problem& problem : subject.problems) {
      if (!problem.closed) continue;  // misfit_blocks tells of these
      const bool is_range = problem.field.ends_with(".endPort");
      findings.push_back({is_range ? "end-port-invalid" : "not-understood", problem.object, problem.field,
                          problem.message, problem.field + problem.message});
    }
  }
  return findings;
}

}  // namespace selvedge::lint
