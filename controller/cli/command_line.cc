#include "controller/cli/command_line.h"

#include <algorithm>
#include <memory>
#include <set>

#include "controller/cli/grammar.h"
#include "controller/cli/settings_file.h"
#include "controller/text/nearest.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

// Those of the settings that `render` takes, too.
bool shapes_rules(const std::string& setting) {
  static const std::set<std::string> shaping{"bridge", "vxlan-port", "guard", "own-node", "ipvs", "audit", "deny-log"};
  return shaping.contains(setting);
}

// Those that `cleanup` takes, too.
bool concerns_cleanup(const std::string& setting) {
  return setting == "cni-socket" || setting == "cni-conf-dir";
}

void add_setting(CLI::App& sub, Grammar& grammar, const agent::Setting& setting) {
  sub.add_option("--" + setting.name, grammar.settings[setting.name], setting.help)->type_name(setting.takes);
}

void add_run(Grammar& grammar) {
  grammar.run = subcommand(grammar, "run", "enforce NetworkPolicy on this node (needs CAP_NET_ADMIN)",
                           R"(Each setting is also a variable, SELVEDGE_LOG_LEVEL for --log-level, and a key
of the file, log-level; the flag wins, then the variable, then the file.
TERM and INT stop the program and leave the rules; HUP re-reads the file.

Examples:
  selvedge run --node node-a --kubeconfig ./admin.conf --log-format json
  curl 127.0.0.1:9812/readyz)");
  for (const auto& setting : agent::settings()) add_setting(*grammar.run, grammar, setting);
  grammar.run->add_option("--config", grammar.config, "YAML file of these settings")->type_name("FILE");
}

void add_render(Grammar& grammar) {
  grammar.render = subcommand(grammar, "render", "print the nftables rules that a node would get; needs no privilege",
                              R"(Without -f the objects come from the live cluster. Without --node: the one
node that the pods name; if there are several, all pods as if they were local;
if there are no pods, a sample pod for each workload.
Exit status: 0; 1 when something failed closed; 3 when a file cannot be read.

Examples:
  selvedge render -f manifests/ | nft -c -f -
  kubectl get pods,ns,netpol,nodes -A -o json | selvedge render -f - --node node-a
  selvedge render --context staging --node node-a)");
  add_source(*grammar.render, grammar);
  grammar.render->add_option("--node", grammar.node, "the node whose rules to print")->type_name("NAME");
  add_shape(*grammar.render, grammar);
}

void add_others(Grammar& grammar) {
  grammar.cleanup = subcommand(grammar, "cleanup", "remove what run wrote, and nothing else",
                               R"(Removes the tables inet selvedge and bridge selvedge, the CNI plugin's entry in
Flannel's list, and what is left of its socket. The plugin's program stays: the
runtime may still call it for pods that it started. While a daemon lives on this
node nothing is done and the exit status is 3.

Example:
  selvedge cleanup)");
  for (const auto& setting : agent::settings())
    if (concerns_cleanup(setting.name)) add_setting(*grammar.cleanup, grammar, setting);
  grammar.version = subcommand(grammar, "version", "print the version", "Example:\n  selvedge version");
}

std::unique_ptr<Grammar> make_grammar() {
  auto grammar = std::make_unique<Grammar>();
  grammar->app.allow_extras();
  grammar->app.footer("selvedge SUBCOMMAND --help says more.");
  add_run(*grammar);
  add_render(*grammar);
  add_explain(*grammar);
  add_diff(*grammar);
  add_verify(*grammar);
  add_lint(*grammar);
  add_report(*grammar);
  add_inspect(*grammar);
  add_others(*grammar);
  add_shell(*grammar);
  return grammar;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options())
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

// What CLI11 could not place: a flag that there is not, or a word too many.
std::string unknown(const std::string& argument, const CLI::App& app) {
  const std::string flag = argument.substr(0, argument.find('='));
  if (flag.size() > 1 && flag[0] == '-')
    return "selvedge " + app.get_name() + ": there is no flag " + quoted(flag) + "; did you mean " +
           nearest(flag, flags_of(app)) + "?";
  return "selvedge " + app.get_name() + ": unexpected argument " + quoted(argument);
}

Parsed<CLI::App*> chosen(Grammar& grammar) {
  std::vector<std::string> names;
  for (const CLI::App* sub : grammar.app.get_subcommands(nullptr)) names.push_back(sub->get_name());
  const auto given = grammar.app.get_subcommands();
  const auto extras = grammar.app.remaining(false);
  if (!extras.empty() && extras[0].size() > 1 && extras[0][0] == '-' && given.empty())
    return wrong_use("selvedge: there is no flag " + quoted(extras[0]) +
                     " before the subcommand; did you mean --help?");
  if (!extras.empty() && given.empty())
    return wrong_use("there is no subcommand " + quoted(extras[0]) + "; did you mean " + nearest(extras[0], names) +
                     "?");
  if (given.empty()) return wrong_use("a subcommand is missing; `selvedge --help` lists them");
  if (given.size() > 1)
    return wrong_use("one subcommand at a time: " + given[0]->get_name() + ", " + given[1]->get_name());
  if (!extras.empty()) return wrong_use(unknown(extras[0], *given[0]));
  const auto unplaced = given[0]->remaining(true);
  if (!unplaced.empty()) return wrong_use(unknown(unplaced[0], *given[0]));
  return given[0];
}

agent::Layer flags_given(const Grammar& grammar, const CLI::App& sub) {
  agent::Layer flags;
  for (const auto& [name, value] : grammar.settings) {
    const CLI::Option* option = sub.get_option_no_throw("--" + name);
    if (option && option->count() > 0) flags[name] = {value, "--" + name};
  }
  return flags;
}

Parsed<Command> render_command(const Grammar& grammar) {
  auto shape = shape_of(grammar, *grammar.render);
  if (!shape) return tl::unexpected(shape.error());
  return RenderCommand{.from = grammar.from, .node = grammar.node, .shape = std::move(*shape)};
}

Parsed<Command> run_command(const Grammar& grammar, const agent::Environment& environment) {
  std::vector<agent::Layer> layers = {flags_given(grammar, *grammar.run), agent::environment_layer(environment)};
  const std::string file = !grammar.config.empty() ? grammar.config : environment("SELVEDGE_CONFIG").value_or("");
  if (!file.empty()) {
    auto layer = read_settings_file(file);
    if (!layer) return tl::unexpected(CommandLineError{layer.error().unreadable ? 3 : 2, layer.error().message});
    layers.push_back(std::move(*layer));
  }
  auto options = agent::read_options(layers);
  if (!options) return wrong_use(options.error());
  return RunCommand{std::move(*options)};
}

// In the daemon's own container it finds what that was told.
Parsed<Command> cleanup_command(const Grammar& grammar, const agent::Environment& environment) {
  agent::Layer told = flags_given(grammar, *grammar.cleanup);
  for (auto& [setting, given] : agent::environment_layer(environment))
    if (concerns_cleanup(setting)) told.try_emplace(setting, std::move(given));
  const auto options = agent::read_options({told});
  if (!options) return wrong_use(options.error());
  CleanupCommand command;
  if (told.contains("cni-socket")) command.cni_socket = options->cni_socket;
  if (told.contains("cni-conf-dir")) command.cni_conf_dir = options->cni_conf_dir;
  return command;
}

Parsed<Command> command_of(Grammar& grammar, const agent::Environment& environment) {
  const auto sub = chosen(grammar);
  if (!sub) return tl::unexpected(sub.error());
  if (*sub == grammar.run) return run_command(grammar, environment);
  if (*sub == grammar.render) return render_command(grammar);
  if (*sub == grammar.explain) return explain_command(grammar);
  if (*sub == grammar.diff) return diff_command(grammar, environment);
  if (*sub == grammar.verify) return verify_command(grammar, environment);
  if (*sub == grammar.lint) return lint_command(grammar);
  if (*sub == grammar.report) return report_command(grammar);
  if (*sub == grammar.inspect) return inspect_command(grammar, environment);
  if (*sub == grammar.cleanup) return cleanup_command(grammar, environment);
  if (*sub == grammar.completion) return completion_command(grammar);
  if (*sub == grammar.man) return man_command(grammar);
  return VersionCommand{};
}

}  // namespace

CLI::App* subcommand(Grammar& grammar, const char* name, const char* does, const char* footer) {
  CLI::App* sub = grammar.app.add_subcommand(name, does);
  sub->footer(footer);
  sub->allow_extras();
  return sub;
}

void add_source(CLI::App& sub, Grammar& grammar) {
  sub.add_option("-f,--filename", grammar.from.files, "file, directory (recursive) or -; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  add_cluster(sub, grammar);
}

void add_cluster(CLI::App& sub, Grammar& grammar) {
  sub.add_option("--kubeconfig", grammar.from.kubeconfig, "as kubectl finds it, else in-cluster")->type_name("FILE");
  sub.add_option("--context", grammar.from.context, "context of the kubeconfig")->type_name("NAME");
}

void add_shape(CLI::App& sub, Grammar& grammar) {
  for (const auto& setting : agent::settings())
    if (shapes_rules(setting.name)) add_setting(sub, grammar, setting);
}

tl::unexpected<CommandLineError> wrong_use(const std::string& message) {
  return tl::unexpected(CommandLineError{2, message});
}

std::string quoted(const std::string& text) {
  return '"' + printable(text) + '"';
}

Parsed<Shape> shape_of(const Grammar& grammar, const CLI::App& sub) {
  agent::Layer flags = flags_given(grammar, sub);
  std::erase_if(flags, [](const auto& flag) { return !shapes_rules(flag.first); });
  const auto options = agent::read_options({flags});
  if (!options) return wrong_use(options.error());
  return Shape{.bridge = options->bridge,
               .vxlan_port = options->vxlan_port,
               .guard = options->guard,
               .own_node_open = options->own_node_open,
               .ipvs = options->ipvs.value_or(false),
               .audited = options->audited,
               .deny_log = options->deny_log};
}

Parsed<OutputForm> output_of(const Grammar& grammar) {
  if (grammar.output == "text") return OutputForm::text;
  if (grammar.output == "json") return OutputForm::json;
  return wrong_use("--output: " + quoted(grammar.output) + " is not one of text, json; did you mean \"" +
                   nearest(grammar.output, {"text", "json"}) + "\"?");
}

Parsed<Command> parse_command_line(const std::vector<std::string>& arguments, const agent::Environment& environment) {
  const auto grammar = make_grammar();
  try {
    grammar->app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes from the back
    return command_of(*grammar, environment);
  } catch (const CLI::CallForHelp&) {
    const auto given = grammar->app.get_subcommands();
    return HelpCommand{(given.empty() ? grammar->app.help() : given[0]->help(grammar->app.get_name())) + '\n'};
  } catch (const CLI::ParseError& error) {
    return wrong_use(printable(error.what()));
  }
}

}  // namespace selvedge::cli
