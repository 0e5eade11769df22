// A program run for what it prints: no shell, nothing on its stdin, its stderr
// ours, bounded in time and output. It leads a process group of its own, so that
// whatever it started ends with it when it is given up.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/interrupt.h"

namespace selvedge::k8s {

struct Command {
  std::string program;  // a path, or a name to look for in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;  // added to ours; the last one of a name counts
};

struct CommandError {
  enum class Cause { not_started, failed, timed_out, too_much_output, interrupted };
  Cause cause{};
  std::string message;  // without the program's name
};

// What it printed, when it ended with status 0. At most 1 MiB.
tl::expected<std::string, CommandError> run(const Command& command, const Interrupt& interrupt,
                                            std::chrono::milliseconds timeout);

}  // namespace selvedge::k8s
