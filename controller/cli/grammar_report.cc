#include "controller/cli/grammar.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {
namespace {

Parsed<OverviewForm> form_of(const Grammar& grammar) {
  const std::string& word = grammar.output;
  if (grammar.report->get_option("--output")->count() == 0 || word == "html") return OverviewForm::html;
  if (word == "text") return OverviewForm::text;
  if (word == "json") return OverviewForm::json;
  return wrong_use("--output: " + quoted(word) + " is not one of html, text, json; did you mean \"" +
                   nearest(word, {"html", "text", "json"}) + "\"?");
}

}  // namespace

void add_report(Grammar& grammar) {
  grammar.report = subcommand(grammar, "report", "who reaches whom, all of it, as one HTML page, text or JSON",
                              R"(Without -f the objects come from the live cluster. Workloads stand for the pods
that they would make where there are no pods. The page needs no network: it can
be mailed and opened from a disk.
What may not be listed is said, and nothing is claimed that rests on it.
Exit status: 0; 1 when something that decides was not understood; 3 when a file
cannot be read.

Examples:
  selvedge report > report.html
  selvedge report -f manifests/ > report.html
  selvedge report -f manifests/ --output text
  selvedge report --context staging --output json | jq .findings)");
  add_source(*grammar.report, grammar);
  grammar.report->add_option("-n,--namespace", grammar.namespaces, "one to try where namespaces may not be listed")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_shape(*grammar.report, grammar);
  grammar.report->add_option("-o,--output", grammar.output, "html, text or json [html]")->type_name("FORM");
}

Parsed<Command> report_command(const Grammar& grammar) {
  const auto form = form_of(grammar);
  if (!form) return tl::unexpected(form.error());
  if (!grammar.namespaces.empty() && !grammar.from.files.empty())
    return wrong_use("--namespace: is for a live cluster; with --filename all that is in the files is looked at");
  auto shape = shape_of(grammar, *grammar.report);
  if (!shape) return tl::unexpected(shape.error());
  return ReportCommand{
      .from = grammar.from, .shape = std::move(*shape), .namespaces = grammar.namespaces, .output = *form};
}

}  // namespace selvedge::cli
