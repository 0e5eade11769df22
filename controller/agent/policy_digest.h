// A policy's content in eight bytes, to tell a change from a repetition without
// keeping it. That two policies agree by chance costs a line in the log, and one
// that the kernel had refused waits until it is tried again anyway; the rules do
// not depend on it.
#pragma once

#include <cstdint>
#include <map>

#include "k8sclient/types.h"

namespace selvedge::agent {

std::uint64_t digest_of(const k8s::NetworkPolicy& policy);

using PolicyDigests = std::map<k8s::ObjectKey, std::uint64_t>;

}  // namespace selvedge::agent
