#include "controller/cli/grammar.h"

namespace selvedge::cli {

void add_inspect(Grammar& grammar) {
  grammar.inspect = subcommand(grammar, "inspect", "what the kernel holds now, with pods, policies and counters",
                               R"(On a node, with CAP_NET_ADMIN; no API server is needed. With --live or -f
addresses get their pods' names, and what differs from what the objects say is
told as drift; the flags that shape the rules must be as the daemon was told.
Exit status: 0; 1 when there is drift, or something that is not understood; 3
when there is no table or no privilege.

Examples:
  selvedge inspect
  selvedge inspect --pod production/api-0 --live
  selvedge inspect --watch
  selvedge inspect --output json | jq .counters)");
  CLI::App& inspect = *grammar.inspect;
  inspect.add_option("--pod", grammar.pod, "one pod, with the rules and sets that it meets")->type_name("NS/NAME");
  inspect.add_option("--policy", grammar.policy, "one policy, with its rules and sets")->type_name("NS/NAME");
  inspect.add_flag("--raw", grammar.raw, "the table itself, as render prints it");
  inspect.add_option("--watch", grammar.watch, "again and again, with what changed meanwhile [2]")
      ->type_name("SECONDS")
      ->expected(0, 1);
  inspect.add_flag("--live", grammar.live, "ask the cluster for names, and for drift");
  inspect.add_option("-o,--output", grammar.output, "text or json [text]")->type_name("FORM");
  add_source(inspect, grammar);
  inspect.add_option("--node", grammar.node, "whose table it is (NODE_NAME, host name)")->type_name("NAME");
  add_shape(inspect, grammar);
}

namespace {

Parsed<std::optional<std::chrono::milliseconds>> pace_of(const Grammar& grammar) {
  const CLI::Option* watch = grammar.inspect->get_option("--watch");
  if (watch->count() == 0) return std::nullopt;
  if (grammar.watch.empty()) return std::chrono::milliseconds(2000);
  double seconds = 0;
  if (!CLI::detail::lexical_cast(grammar.watch, seconds) || !(seconds >= 0.1 && seconds <= 86400))
    return wrong_use("--watch: " + quoted(grammar.watch) + " is no number of seconds from 0.1 to 86400");
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

Parsed<Command> inspect_command(const Grammar& grammar, const agent::Environment& environment) {
  const auto output = output_of(grammar);
  if (!output) return tl::unexpected(output.error());
  const auto pace = pace_of(grammar);
  if (!pace) return tl::unexpected(pace.error());
  auto shape = shape_of(grammar, *grammar.inspect);
  if (!shape) return tl::unexpected(shape.error());
  if (int(grammar.raw) + int(!grammar.pod.empty()) + int(!grammar.policy.empty()) > 1)
    return wrong_use("inspect: one of --raw, --pod and --policy");
  const bool live = grammar.live || !grammar.from.kubeconfig.empty() || !grammar.from.context.empty();
  if (live && !grammar.from.files.empty())
    return wrong_use("inspect: the objects are those of --filename, or --live ones");
  if (!live && grammar.from.files.empty() && !grammar.node.empty())
    return wrong_use("inspect: --node is for --live and --filename; without them it is this node's kernel alone");
  InspectCommand command{.from = std::nullopt,
                         .node = std::nullopt,
                         .shape = std::move(*shape),
                         .pod = grammar.pod,
                         .policy = grammar.policy,
                         .raw = grammar.raw,
                         .watch = *pace,
                         .output = *output};
  if (!live && grammar.from.files.empty()) return command;
  auto node = agent::node_name(grammar.node, environment, agent::host_name());
  if (!node) return wrong_use(node.error());
  command.node = *std::move(node);
  command.from = grammar.from;
  return command;
}

}  // namespace selvedge::cli
