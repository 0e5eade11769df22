// An explanation for programs; the fields are described in docs/explain.md and stable.
#pragma once

#include <string>

#include "controller/explain/answer.h"

namespace selvedge::cli {

std::string explanation_json(const explain::Explanation& explanation);

}  // namespace selvedge::cli
