// An explanation in sentences. The first line begins with "allowed" or "denied".
#pragma once

#include <string>

#include "controller/explain/answer.h"

namespace selvedge::explain {

std::string words(const Explanation& explanation);

}  // namespace selvedge::explain
