#include "controller/cli/grammar.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {

void add_diff(Grammar& grammar) {
  grammar.diff = subcommand(grammar, "diff", "compare two states: who gains or loses access, and which rules change",
                            R"(BEFORE and AFTER: a file, a directory, - (standard input), live for the cluster
that your kubeconfig names, or kernel for what this node enforces now (with
CAP_NET_ADMIN). Except there, all pods count as if they were on one node.
Exit status: 0 no difference; 1 they differ, or something that decides was not
understood; 3 when one of them cannot be read.

Examples:
  selvedge diff main/manifests/ manifests/
  selvedge diff live manifests/ --output markdown
  selvedge diff live kernel --node node-a
  kubectl get pods,ns,netpol -A -o json | selvedge diff - after/)");
  grammar.diff->add_option("BEFORE AFTER", grammar.words, "the two states")->type_name("");
  add_cluster(*grammar.diff, grammar);
  grammar.diff->add_option("--node", grammar.node, "whose kernel it is (NODE_NAME, host name)")->type_name("NAME");
  grammar.diff->add_option("-o,--output", grammar.output, "text, json or markdown [text]")->type_name("FORM");
  add_shape(*grammar.diff, grammar);
}

Parsed<Command> diff_command(const Grammar& grammar, const agent::Environment& environment) {
  if (grammar.words.size() != 2) return wrong_use("diff takes BEFORE and AFTER, such as live and manifests/");
  const std::string &before = grammar.words[0], &after = grammar.words[1];
  if (before == after && (before == "-" || before == "live" || before == "kernel"))
    return wrong_use("diff: BEFORE and AFTER are both " + quoted(before));
  auto shape = shape_of(grammar, *grammar.diff);
  if (!shape) return tl::unexpected(shape.error());
  const std::map<std::string, DifferenceForm> forms{
      {"text", DifferenceForm::text}, {"json", DifferenceForm::json}, {"markdown", DifferenceForm::markdown}};
  const auto form = forms.find(grammar.output);
  if (form == forms.end())
    return wrong_use("--output: " + quoted(grammar.output) + " is not one of text, json, markdown; did you mean \"" +
                     nearest(grammar.output, {"text", "json", "markdown"}) + "\"?");
  std::string node;
  if (before == "kernel" || after == "kernel") {
    auto name = agent::node_name(grammar.node, environment, agent::host_name());
    if (!name) return wrong_use(name.error());
    node = *std::move(name);
  } else if (!grammar.node.empty()) {
    return wrong_use("diff: --node is for kernel; of other states all pods count");
  }
  return DiffCommand{.before = before,
                     .after = after,
                     .node = std::move(node),
                     .kubeconfig = grammar.from.kubeconfig,
                     .context = grammar.from.context,
                     .shape = std::move(*shape),
                     .output = form->second};
}

}  // namespace selvedge::cli
