// A trial's result for people, and as the lines of test/bench/README.md.
#pragma once

#include <string>

#include "test/soak/trial.h"

namespace selvedge::soak {

std::string to_text(const TrialResult& result);
std::string to_json_lines(const TrialResult& result, const std::string& form);

}  // namespace selvedge::soak
