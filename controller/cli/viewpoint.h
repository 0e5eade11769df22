// From which node's side a set of objects is looked at, where nothing runs that
// would say so: a named node, the one node that all pods are on, all pods at
// once, or sample pods for workloads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::cli {

struct Viewpoint {
  std::optional<std::string> node;    // none: every pod counts as local
  bool unreached = false;             // policies that select no pod are rendered too
  std::vector<std::string> comments;  // for the head of the output: what it is not
  std::vector<std::string> notes;     // diagnostics
  std::vector<k8s::Object> added;     // sample pods
};

// `node` is what --node says, or empty.
Viewpoint viewpoint_of(const std::vector<k8s::Decoded>& objects, const std::string& node);

}  // namespace selvedge::cli
