// The process that is killed: plays the world's turns and keeps the kernel's table in step, as the agent does.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "test/soak/layouts.h"

namespace selvedge::soak {

struct WriterOptions {
  std::uint64_t number = 1;  // of the writer; a successor has the next
  std::uint64_t seed = 0;    // of the world
  Layout layout = Layout::plain;
  bool own_table = true;
  std::chrono::milliseconds heartbeat{1000};  // how often it looks whether its table was touched
  std::uint64_t pace = 0;                     // transactions per second at most; 0: no limit
  int progress = -1;                          // file descriptor of the shared Progress
};

// For a command line, and back.
std::vector<std::string> to_arguments(const WriterOptions& options);
WriterOptions from_arguments(const std::vector<std::string>& arguments);

// Works in the network namespace of the process until it is killed, or its parent ends. Returns only with an error.
int run_writer(const WriterOptions& options);

}  // namespace selvedge::soak
