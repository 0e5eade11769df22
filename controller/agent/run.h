// The daemon: starts the parts, waits for signals, stops the parts. The rules stay when it ends: a node without its
// daemon goes on enforcing what was true.
#pragma once

#include <functional>
#include <string>

#include <tl/expected.hpp>

#include "controller/agent/options.h"

namespace selvedge::agent {

// The options anew, when the process is told to re-read them (HUP); or what is wrong with them.
using Reload = std::function<tl::expected<RunOptions, std::string>()>;

// Until TERM or INT. The error is why it could not start.
tl::expected<void, std::string> run(const RunOptions& options, const Environment& environment, const Reload& reload);

}  // namespace selvedge::agent
