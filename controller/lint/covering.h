// Whether one part of a policy means everything that another means, by what is
// written, whatever pods there are. False where that is not plain to see.
#pragma once

#include "controller/policy.h"

namespace selvedge::lint {

bool covers(const PodSet& wider, const PodSet& narrower);
bool covers(const PortMatch& wider, const PortMatch& narrower);
bool covers(const AllowRule& wider, const AllowRule& narrower);

// Selectors are compared each with each; a policy with more of them in one direction was made by a program, and only
// what it repeats word for word is told.
constexpr std::size_t most_compared = 1000;

}  // namespace selvedge::lint
