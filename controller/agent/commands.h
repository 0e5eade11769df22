// The subcommands, one file each. Each returns the program's exit status: 0 done; 1 done, and there is
// something to look at; 3 could not be done, with the reason on standard error.
#pragma once

#include "controller/agent/command_line.h"

namespace selvedge::agent {

// `reload` gives the options anew when the process is told to re-read them (HUP).
using Reload = std::function<tl::expected<RunOptions, std::string>()>;

int run(const RunCommand& command, const Environment& environment, const Reload& reload);
int render(const RenderCommand& command);
int explain(const ExplainCommand& command);
int lint(const LintCommand& command);
int diff(const DiffCommand& command);
int verify(const VerifyCommand& command);
int inspect(const InspectCommand& command);
int cleanup(const CleanupCommand& command);

}  // namespace selvedge::agent
