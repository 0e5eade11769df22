// What lint looks at: manifests, or as much of a live cluster as may be listed. A
// kind or a namespace that may not be listed is no error here, but something that is
// unknown, and that nothing may rest on.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/offline_input.h"
#include "controller/lint/review.h"
#include "controller/lint/scene.h"

namespace selvedge::cli {

struct LintMatter {
  OfflineInput input;
  std::vector<k8s::Object> samples;  // pods that stand for workloads, without their made-up addresses
  lint::Unknown unknown;
  std::vector<std::string> missing;  // what is unknown, and what is therefore not judged
};

// `namespaces` are tried where those of a live cluster may not be listed. The error: a file that cannot be read or
// parsed, or NetworkPolicies that may be listed nowhere.
tl::expected<LintMatter, std::string> read_lint_matter(const Source& source,
                                                       const std::vector<std::string>& namespaces);

lint::Review review_of(const LintMatter& matter);

}  // namespace selvedge::cli
