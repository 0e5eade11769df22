#include "controller/cli/grammar.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {

void add_explain(Grammar& grammar) {
  grammar.explain = subcommand(grammar, "explain", "may SOURCE talk to DESTINATION on PORT, and why",
                               R"(SOURCE and DESTINATION: NAMESPACE/NAME of a pod, a workload or a Service
(NAMESPACE/KIND/NAME where that is not enough), node/NAME, or an address.
PORT: tcp/3000, udp/53, 443 (TCP), a port's name, icmp, icmpv6.
Of one name alone: all that may come in, and all that may go out.
Exit status: 0 for either verdict; 1 when it is not what --expect says, or when
something that decides was not understood; 3 when somebody is not there.

Examples:
  selvedge explain production/web production/api tcp/3000
  selvedge explain -f manifests/ 198.51.100.7 shop/svc/checkout http
  selvedge explain shop/cart shop/postgres 5432 --expect allow
  selvedge explain shop/postgres)");
  add_source(*grammar.explain, grammar);
  grammar.explain->add_option("--expect", grammar.expected, "allow or deny: exit status 1 if it is not so")
      ->type_name("VERDICT");
  grammar.explain->add_flag("--rules", grammar.rules, "also the nftables rules that it meets, in order");
  grammar.explain->add_flag("--kernel", grammar.kernel, "those that this node's kernel holds");
  grammar.explain->add_option("-o,--output", grammar.output, "text or json [text]")->type_name("FORM");
  grammar.explain->add_option("SOURCE DESTINATION PORT", grammar.words, "who, whom, by which port")->type_name("");
  add_shape(*grammar.explain, grammar);
}

Parsed<Command> explain_command(const Grammar& grammar) {
  if (grammar.words.size() != 3 && grammar.words.size() != 1)
    return wrong_use(
        "explain takes SOURCE DESTINATION PORT, such as production/web production/api tcp/3000, or one name");
  const auto output = output_of(grammar);
  if (!output) return tl::unexpected(output.error());
  auto shape = shape_of(grammar, *grammar.explain);
  if (!shape) return tl::unexpected(shape.error());
  const std::string& expected = grammar.expected;
  if (!expected.empty() && expected != "allow" && expected != "deny")
    return wrong_use("--expect: " + quoted(expected) + " is not one of allow, deny; did you mean \"" +
                     nearest(expected, {"allow", "deny"}) + "\"?");
  const bool of_one = grammar.words.size() == 1;
  if (of_one && (!expected.empty() || grammar.rules || grammar.kernel))
    return wrong_use("explain: --expect, --rules and --kernel are about SOURCE DESTINATION PORT, not about one name");
  return ExplainCommand{.from = grammar.from,
                        .shape = std::move(*shape),
                        .source = grammar.words[0],
                        .destination = of_one ? "" : grammar.words[1],
                        .port = of_one ? "" : grammar.words[2],
                        .expected = expected.empty() ? std::nullopt : std::optional(expected == "allow"),
                        .rules = grammar.rules || grammar.kernel,
                        .kernel = grammar.kernel,
                        .output = *output};
}

}  // namespace selvedge::cli
