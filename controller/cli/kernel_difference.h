// What this node's kernel does otherwise than a state says: by packets, of which each stands for a class that neither
// rules nor policies tell apart (controller/verify), gathered into connections between workloads; then by rules.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/difference_words.h"
#include "controller/cli/review.h"
#include "nft/backend.h"

namespace selvedge::cli {

enum class KernelIs { before, after };

// `objects`: whole ones, with addresses; `node`: whose kernel it is. The error: of what the kernel holds not all is
// understood. Rules against the revival of cut connections count for nothing.
tl::expected<StateDifference, std::string> kernel_difference(const std::vector<k8s::Object>& objects,
                                                             const std::string& node, const Shape& shape,
                                                             nft::Dump dump, KernelIs kernel);

}  // namespace selvedge::cli
