// Manifest files: what `-f` means.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/types.h"

namespace selvedge::k8s {

// `path` is a file, a directory (recursive, sorted; *.yaml, *.yml, *.json) or "-" for standard input.
// The error names the file, and line and column where there are any.
tl::expected<std::vector<Decoded>, std::string> read_manifests(const std::string& path);

}  // namespace selvedge::k8s
