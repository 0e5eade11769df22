// A denied packet, or many alike, as one line of JSON. docs/monitor.md says what the members mean.
#pragma once

#include <cstdint>
#include <string>

#include "controller/monitor/denied.h"
#include "controller/monitor/words.h"

namespace selvedge::cli {

// Both end with a line feed and hold no other, whatever the names hold.
std::string denial_json(const monitor::Denied& denied);
std::string summary_json(const monitor::Tally<monitor::Talk>& talks, std::size_t most);  // a line for each

}  // namespace selvedge::cli
