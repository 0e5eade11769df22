// `selvedge-test-soak`: the long form of the soak, in a network namespace of its own; and, as
// `selvedge-test-soak writer …`, the process that it kills.
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "test/soak/report.h"
#include "test/soak/trial.h"
#include "test/soak/writer.h"

namespace selvedge::soak {
namespace {

struct Command {
  TrialOptions trial;
  std::string form = "both";
  bool json = false;
};

bool is_clean(const TrialResult& result) {
  return result.leaked() == 0 && result.lost() == 0 && result.right_at_the_end;
}

// In a fresh namespace; the former one goes when nothing is left in it.
int soak(const Command& command, const std::string& form) {
  if (unshare(CLONE_NEWNET) != 0) {
    std::perror("soak: cannot make a network namespace (are you root?)");
    return 3;
  }
  TrialOptions options = command.trial;
  options.own_table = form == "owned";
  options.say = [&form](const std::string& line) { fprintf(stderr, "%s: %s\n", form.c_str(), line.c_str()); };
  const TrialResult result = run_trial(options);
  fprintf(command.json ? stderr : stdout, "%s table\n%s\n", form.c_str(), to_text(result).c_str());
  if (command.json) fputs(to_json_lines(result, form).c_str(), stdout);
  return is_clean(result) ? 0 : 1;
}

int run(int argc, char** argv) {
  CLI::App app("Packets under change: none may be leaked, none lost.");
  Command command;
  app.add_option("TRANSACTIONS", command.trial.transactions)->capture_default_str();
  app.add_option("--kills", command.trial.kills)->capture_default_str();
  app.add_option("--wipes", command.trial.wipes)->capture_default_str();
  app.add_option("--rate", command.trial.rate, "packets per second")->capture_default_str();
  app.add_option("--seed", command.trial.seed)->capture_default_str();
  app.add_option("--table", command.form, "owned, plain or both")->check(CLI::IsMember({"owned", "plain", "both"}));
  app.add_flag("--json", command.json, "figures as JSON lines on stdout, what is for people on stderr");
  CLI11_PARSE(app, argc, argv);
  command.trial.program = "/proc/" + std::to_string(getpid()) + "/exe";
  int status = 0;
  for (const std::string form : {"owned", "plain"})
    if (command.form == form || command.form == "both") status = std::max(status, soak(command, form));
  return status;
}

}  // namespace
}  // namespace selvedge::soak

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string(argv[1]) == "writer")
      return selvedge::soak::run_writer(selvedge::soak::from_arguments({argv + 2, argv + argc}));
    return selvedge::soak::run(argc, argv);
  } catch (const std::exception& error) {
    fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
