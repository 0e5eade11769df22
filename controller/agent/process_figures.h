// The process's own figures, by the names that every Prometheus dashboard knows.
#pragma once

#include <string>

namespace selvedge::agent {

// In Prometheus' text format: process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds,
// process_start_time_seconds. What /proc does not tell is left out.
std::string process_figures();

}  // namespace selvedge::agent
