// The command line as CLI11 sees it, and where it puts the values: shared by the files that know one subcommand each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <tl/expected.hpp>

#include "controller/cli/command_line.h"

namespace selvedge::cli {

template <typename T>
using Parsed = tl::expected<T, CommandLineError>;

// The flags of `monitor`, as given.
struct MonitorWords {
  std::string group = "100";
  std::string ns, pod, from, to, direction, policy;
  std::string every, count, duration;
  bool summary = false;
};

struct Grammar {
  CLI::App app{"NetworkPolicy for Flannel clusters, enforced with nftables", "selvedge"};
  CLI::App* run = nullptr;
  CLI::App* render = nullptr;
  CLI::App* explain = nullptr;
  CLI::App* diff = nullptr;
  CLI::App* verify = nullptr;
  CLI::App* lint = nullptr;
  CLI::App* report = nullptr;
  CLI::App* inspect = nullptr;
  CLI::App* monitor = nullptr;
  CLI::App* cleanup = nullptr;
  CLI::App* completion = nullptr;
  CLI::App* man = nullptr;
  CLI::App* version = nullptr;
  std::map<std::string, std::string> settings;  // of run, and of others what shapes the table; by name, as given
  std::string config;
  Source from;
  std::string node;
  std::string output = "text";
  std::vector<std::string> words;  // that are no flags
  std::string expected;
  std::string fail_on = "error";
  std::vector<std::string> only;  // rules of lint
  std::vector<std::string> namespaces;
  bool reasons = false;
  bool list = false;
  bool rules = false;
  bool kernel = false;
  bool rendered = false;
  std::string pod;
  std::string policy;
  std::string watch;
  bool raw = false;
  bool live = false;
  MonitorWords monitoring;
};

CLI::App* subcommand(Grammar& grammar, const char* name, const char* does, const char* footer);
void add_source(CLI::App& sub, Grammar& grammar);
void add_cluster(CLI::App& sub, Grammar& grammar);  // of the source the live one alone
void add_shape(CLI::App& sub, Grammar& grammar);

tl::unexpected<CommandLineError> wrong_use(const std::string& message);
std::string quoted(const std::string& text);
Parsed<Shape> shape_of(const Grammar& grammar, const CLI::App& sub);
Parsed<OutputForm> output_of(const Grammar& grammar);

// ---- per subcommand ----
void add_explain(Grammar& grammar);
Parsed<Command> explain_command(const Grammar& grammar);
void add_diff(Grammar& grammar);
Parsed<Command> diff_command(const Grammar& grammar, const agent::Environment& environment);
void add_verify(Grammar& grammar);
Parsed<Command> verify_command(const Grammar& grammar, const agent::Environment& environment);
void add_lint(Grammar& grammar);
Parsed<Command> lint_command(const Grammar& grammar);
void add_report(Grammar& grammar);
Parsed<Command> report_command(const Grammar& grammar);
void add_shell(Grammar& grammar);
Parsed<Command> completion_command(const Grammar& grammar);
Parsed<Command> man_command(const Grammar& grammar);
void add_inspect(Grammar& grammar);
Parsed<Command> inspect_command(const Grammar& grammar, const agent::Environment& environment);
void add_monitor(Grammar& grammar);
Parsed<Command> monitor_command(const Grammar& grammar);

}  // namespace selvedge::cli
