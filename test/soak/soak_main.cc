// `selvedge-test-soak`: the long form of the soak, in a network namespace of its own; and, as
// `selvedge-test-soak writer …`, the process that it kills.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <variant>

#include <CLI/CLI.hpp>

#include "test/soak/bad_writer.h"
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

int show(const Command& command, const std::string& text, const std::string& json, bool good) {
  fputs((text + "\n").c_str(), command.json ? stderr : stdout);
  if (command.json) fputs(json.c_str(), stdout);
  fflush(stdout);
  return good ? 0 : 1;
}

// Each in a fresh namespace; the former one goes when nothing is left in it.
void enter_namespace() {
  if (unshare(CLONE_NEWNET) != 0)
    throw std::runtime_error(std::string("soak: cannot make a network namespace (needs root): ") +
                             std::strerror(errno));
}

int soak(const Command& command, const std::string& form) {
  enter_namespace();
  TrialOptions options = command.trial;
  options.own_table = form == "owned";
  options.say = [&form](const std::string& line) { fprintf(stderr, "%s: %s\n", form.c_str(), line.c_str()); };
  const TrialResult result = run_trial(options);
  return show(command, form + " table\n" + to_text(result), to_json_lines(result, form), is_clean(result));
}

int find(const Command& command, Fault fault) {
  enter_namespace();
  const FaultResult result = run_fault(fault, command.trial.rate, 10, 20000);
  return show(command, to_text(fault, result), to_json_line(fault, result), result.leaked > 0);
}

// Or the status to end with.
std::variant<Command, int> parsed(int argc, char** argv) {
  CLI::App app("Packets under change: none may be leaked, none lost.");
  Command command;
  TrialOptions& trial = command.trial;
  bool quick = false;
  trial.pace = 400;  // so that two processors are left for the packets
  app.add_option("TRANSACTIONS", trial.transactions)->capture_default_str();
  app.add_option("--kills", trial.kills)->capture_default_str();
  app.add_option("--wipes", trial.wipes)->capture_default_str();
  app.add_option("--rate", trial.rate, "packets per second")->capture_default_str();
  app.add_option("--pace", trial.pace, "transactions per second at most; 0: no limit")->capture_default_str();
  app.add_option("--seed", trial.seed)->capture_default_str();
  app.add_option("--table", command.form, "owned, plain or both")->check(CLI::IsMember({"owned", "plain", "both"}));
  app.add_flag("--json", command.json, "figures as JSON lines on stdout, what is for people on stderr");
  app.add_flag("--quick", quick, "two thousand transactions, a few kills and wipes");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (quick) trial.transactions = 2000, trial.kills = 10, trial.wipes = 4;
  trial.program = "/proc/" + std::to_string(getpid()) + "/exe";
  return command;
}

int run(int argc, char** argv) {
  const auto result = parsed(argc, argv);
  if (const int* status = std::get_if<int>(&result)) return *status;
  const auto& command = std::get<Command>(result);
  int status = 0;
  for (const std::string form : {"owned", "plain"})
    if (command.form == form || command.form == "both") status = std::max(status, soak(command, form));
  for (const Fault fault : {Fault::repoints_to_a_chain_of_the_batch, Fault::makes_the_table_anew})
    status = std::max(status, find(command, fault));
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
