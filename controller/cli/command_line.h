// The command line: which subcommand, with what. CLI11 knows the flags; the
// words for what is wrong are ours, because they must name the nearest right one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "controller/agent/options.h"
#include "controller/deny_log.h"
#include "controller/lint/rules.h"
#include "controller/monitor/filter.h"

namespace selvedge::cli {

struct RunCommand {
  agent::RunOptions options;
};
// Whose objects a subcommand looks at.
struct Source {
  std::vector<std::string> files;  // empty: the live cluster
  std::string kubeconfig;
  std::string context;
};
// What besides objects decides about packets; as the node's daemon is told.
struct Shape {
  std::string bridge = "cni0";
  std::uint16_t vxlan_port = 8472;
  bool guard = true;
  bool own_node_open = false;
  bool ipvs = false;
  std::set<std::string> audited{};  // namespaces
  std::optional<DenyLog> deny_log = DenyLog{};
};
struct RenderCommand {
  Source from;
  std::string node;  // empty: see viewpoint.h
  Shape shape;
};
enum class OutputForm { text, json };
struct ExplainCommand {
  Source from;
  Shape shape;
  std::string source;
  std::string destination;  // empty: all that may come in to the source, and go out
  std::string port;
  std::optional<bool> expected;  // --expect: that it is allowed
  bool rules = false;            // also the nftables rules
  bool kernel = false;           // those that this node's kernel holds, with their counters
  OutputForm output = OutputForm::text;
};
struct VerifyCommand {
  Source from;
  std::string node;  // whose pods are local; empty, with `rendered`: see viewpoint.h
  Shape shape;
  bool rendered = false;  // not the kernel's table
  OutputForm output = OutputForm::text;
};
enum class DifferenceForm { text, json, markdown };
struct DiffCommand {
  std::string before;  // a file, a directory, "-", "live", or "kernel"
  std::string after;
  std::string node;  // whose kernel it is; empty unless one is "kernel"
  std::string kubeconfig;
  std::string context;
  Shape shape;
  DifferenceForm output = DifferenceForm::text;
};
struct InspectCommand {
  std::optional<Source> from;       // none: the kernel alone is asked
  std::optional<std::string> node;  // whose table it is, where objects are asked too
  Shape shape;
  std::string pod;  // this one alone
  std::string policy;
  bool raw = false;
  std::optional<std::chrono::milliseconds> watch;  // the pause between two looks
  OutputForm output = OutputForm::text;
};
enum class ReportForm { text, json, sarif, junit };
struct LintCommand {
  Source from;
  std::vector<std::string> namespaces;  // to try where namespaces may not be listed
  ReportForm output = ReportForm::text;
  std::optional<lint::Severity> fail_on = lint::Severity::error;  // none: never
  std::vector<std::string> rules;                                 // by id; empty: all
  bool explain = false;                                           // also why, and what to do
  bool list = false;                                              // the rules themselves
};
enum class OverviewForm { html, text, json };
struct ReportCommand {
  Source from;
  Shape shape;
  std::vector<std::string> namespaces;  // as LintCommand::namespaces
  OverviewForm output = OverviewForm::html;
};
struct MonitorCommand {
  Source from;
  std::uint16_t group = 100;
  monitor::Filter filter = {};
  OutputForm output = OutputForm::text;
  bool summary = false;                            // at the end, and no packet by itself
  std::optional<std::chrono::seconds> every = {};  // a summary of that time, again and again
  std::optional<std::uint64_t> count = {};         // packets that are shown, or summed up
  std::optional<std::chrono::seconds> duration = {};
};
struct CleanupCommand {
  std::string cni_socket = "/run/selvedge/cni.sock";  // as the node's daemon was told
  std::string cni_conf_dir = "/etc/cni/net.d";
};
struct VersionCommand {};
struct HelpCommand {
  std::string text;  // help, completions, or a manual page
};
using Command = std::variant<RunCommand, RenderCommand, ExplainCommand, DiffCommand, VerifyCommand, LintCommand,
                             ReportCommand, InspectCommand, MonitorCommand, CleanupCommand, VersionCommand, HelpCommand>;

struct CommandLineError {
  int status = 2;       // 2: wrong use; 3: the configuration file cannot be read or parsed
  std::string message;  // names the flag, key or value, where it stands, and the nearest right one
};

// `arguments` without the program's name. Reads the file that --config or SELVEDGE_CONFIG names.
tl::expected<Command, CommandLineError> parse_command_line(const std::vector<std::string>& arguments,
                                                           const agent::Environment& environment);

}  // namespace selvedge::cli
