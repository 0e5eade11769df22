// Wires the command line to the subcommands.
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "controller/agent/run.h"
#include "controller/cli/command_line.h"
#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "nft/overloaded.h"

namespace selvedge::cli {
namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

// The same command line, over the environment and the file as they are now.
tl::expected<agent::RunOptions, std::string> run_options(const std::vector<std::string>& arguments) {
  auto command = parse_command_line(arguments, variable);
  if (!command) return tl::unexpected(command.error().message);
  return std::get<RunCommand>(*command).options;
}

int run(const RunCommand& command, const std::vector<std::string>& arguments) {
  const auto ran = agent::run(command.options, variable, [&] { return run_options(arguments); });
  if (!ran) complain("run: " + ran.error());
  return ran ? 0 : 3;
}

int execute(const std::vector<std::string>& arguments) {
  const auto command = parse_command_line(arguments, variable);
  if (!command) {
    complain(command.error().message);
    return command.error().status;
  }
  return std::visit(nft::Overloaded{
                        [&](const RunCommand& run_) { return run(run_, arguments); },
                        [](const RenderCommand& render_) { return render(render_); },
                        [](const ExplainCommand& explain_) { return explain(explain_); },
                        [](const DiffCommand& diff_) { return diff(diff_); },
                        [](const VerifyCommand& verify_) { return verify(verify_); },
                        [](const LintCommand& lint_) { return lint(lint_); },
                        [](const ReportCommand& report_) { return report(report_); },
                        [](const InspectCommand& inspect_) { return inspect(inspect_); },
                        [](const MonitorCommand& monitor_) { return monitor(monitor_); },
                        [](const CleanupCommand& cleanup_) { return cleanup(cleanup_); },
                        [](const VersionCommand&) { return print("selvedge " SELVEDGE_VERSION "\n") ? 0 : 3; },
                        [](const HelpCommand& help) { return print(help.text) ? 0 : 3; },
                    },
                    *command);
}

}  // namespace
}  // namespace selvedge::cli

int main(int count, char** arguments) {
  try {
    return selvedge::cli::execute({arguments + (count > 0 ? 1 : 0), arguments + count});
  } catch (const std::exception& error) {
    selvedge::cli::complain(error.what());
    return 3;
  }
}
