// The subcommands but `run`, one file each. Each returns the program's exit status: 0 done; 1 done, and there is
// something to look at; 3 could not be done, with the reason on standard error.
#pragma once

#include "controller/cli/command_line.h"

namespace selvedge::cli {

int render(const RenderCommand& command);
int explain(const ExplainCommand& command);
int diff(const DiffCommand& command);
int verify(const VerifyCommand& command);
int lint(const LintCommand& command);
int report(const ReportCommand& command);
int inspect(const InspectCommand& command);
int monitor(const MonitorCommand& command);
int cleanup(const CleanupCommand& command);

}  // namespace selvedge::cli
