#include "controller/cli/grammar.h"

namespace selvedge::cli {

void add_verify(Grammar& grammar) {
  grammar.verify =
      subcommand(grammar, "verify", "prove that the kernel's table does what the objects say, for all packets",
                 R"(On a node, with CAP_NET_ADMIN. The flags that shape the rules must be as the
daemon was told. With --rendered the rules that `render` prints are proven
instead, without privilege.
Exit status: 0 verified; 1 not, or something that decides was not understood; 3
when objects or table cannot be read.

Examples:
  selvedge verify --node node-a
  selvedge verify -f cluster.yaml --node node-a --output json
  selvedge verify -f manifests/ --rendered)");
  add_source(*grammar.verify, grammar);
  grammar.verify->add_option("--node", grammar.node, "the node whose table it is (NODE_NAME, host name)")
      ->type_name("NAME");
  grammar.verify->add_flag("--rendered", grammar.rendered, "the table that render would print, not the kernel's");
  grammar.verify->add_option("-o,--output", grammar.output, "text or json [text]")->type_name("FORM");
  add_shape(*grammar.verify, grammar);
}

Parsed<Command> verify_command(const Grammar& grammar, const agent::Environment& environment) {
  const auto output = output_of(grammar);
  if (!output) return tl::unexpected(output.error());
  auto shape = shape_of(grammar, *grammar.verify);
  if (!shape) return tl::unexpected(shape.error());
  std::string node = grammar.node;
  if (!grammar.rendered) {
    auto name = agent::node_name(node, environment, agent::host_name());
    if (!name) return wrong_use(name.error());
    node = *std::move(name);
  }
  return VerifyCommand{.from = grammar.from,
                       .node = std::move(node),
                       .shape = std::move(*shape),
                       .rendered = grammar.rendered,
                       .output = *output};
}

}  // namespace selvedge::cli
