// What holds for every object that decoding lets through.
#pragma once

#include "k8sclient/types.h"

namespace selvedge::fuzz {

// Its name can stand in a chain's name; every fault is told in one line with the object and, unless it is the sum of
// too many, the field; what was not understood has a closed problem, and a policy then allows nothing.
void expect_honest(const k8s::Decoded& decoded);

}  // namespace selvedge::fuzz
