// A trial's result for people, and as the lines of test/bench/README.md.
#pragma once

#include <string>

#include "test/soak/bad_writer.h"
#include "test/soak/trial.h"

namespace selvedge::soak {

std::string to_text(const TrialResult& result);
std::string to_json_lines(const TrialResult& result, const std::string& form);

// That a fault would have been found.
std::string to_text(Fault fault, const FaultResult& result);
std::string to_json_line(Fault fault, const FaultResult& result);

}  // namespace selvedge::soak
