#include "controller/cli/grammar.h"
#include "controller/lint/rules.h"
#include "controller/text/nearest.h"

namespace selvedge::cli {
namespace {

tl::unexpected<CommandLineError> not_one_of(const std::string& flag, const std::string& word,
                                            const std::vector<std::string>& words) {
  std::string all;
  for (const auto& one : words) all += (all.empty() ? "" : ", ") + one;
  return wrong_use(flag + ": " + quoted(word) + " is not one of " + all + "; did you mean \"" + nearest(word, words) +
                   "\"?");
}

Parsed<ReportForm> form_of(const std::string& word) {
  if (word == "text") return ReportForm::text;
  if (word == "json") return ReportForm::json;
  if (word == "sarif") return ReportForm::sarif;
  if (word == "junit") return ReportForm::junit;
  return not_one_of("--output", word, {"text", "json", "sarif", "junit"});
}

Parsed<std::optional<lint::Severity>> threshold_of(const std::string& word) {
  if (word == "never") return std::nullopt;
  for (const auto severity : {lint::Severity::error, lint::Severity::warning, lint::Severity::info}) {
    if (word == lint::to_string(severity)) return severity;
  }
  return not_one_of("--fail-on", word, {"error", "warning", "info", "never"});
}

tl::unexpected<CommandLineError> no_rule(const std::string& word) {
  std::vector<std::string> ids;
  for (const lint::Rule& rule : lint::rules()) ids.emplace_back(rule.id);
  return wrong_use("--rule: " + quoted(word) + " is no rule; did you mean \"" + nearest(word, ids) +
                   "\"? `selvedge lint --list` shows them");
}

}  // namespace

void add_lint(Grammar& grammar) {
  grammar.lint = subcommand(grammar, "lint", "what is wrong or surprising in policies",
                            R"(Without -f the objects come from the live cluster. Workloads stand for the pods
that they would make, so that a repository can be checked before anything runs.
The annotation selvedge.io/ignore: "ID, ID" on a policy or its Namespace
suppresses findings.
Exit status: 0; 1 from --fail-on upwards; 3 when a file cannot be read.

Examples:
  selvedge lint -f manifests/ --explain
  selvedge lint -f manifests/ --fail-on warning --output junit > lint.xml
  selvedge lint --list)");
  add_source(*grammar.lint, grammar);
  CLI::App& lint = *grammar.lint;
  lint.add_option("-n,--namespace", grammar.namespaces, "one to try where namespaces may not be listed")
      ->type_name("NAME")
      ->allow_extra_args(false);
  lint.add_option("-o,--output", grammar.output, "text, json, sarif or junit [text]")->type_name("FORM");
  lint.add_option("--fail-on", grammar.fail_on, "error, warning, info or never [error]")->type_name("SEVERITY");
  lint.add_option("--rule", grammar.only, "this rule alone; may be repeated")->type_name("ID")->allow_extra_args(false);
  lint.add_flag("--explain", grammar.reasons, "also why, and what to do");
  lint.add_flag("--list", grammar.list, "the rules, and nothing else; with --explain in full");
}

Parsed<Command> lint_command(const Grammar& grammar) {
  const auto form = form_of(grammar.output);
  if (!form) return tl::unexpected(form.error());
  const auto threshold = threshold_of(grammar.fail_on);
  if (!threshold) return tl::unexpected(threshold.error());
  for (const std::string& id : grammar.only) {
    if (lint::find_rule(id) == nullptr) return no_rule(id);
  }
  if (grammar.list && (*form == ReportForm::sarif || *form == ReportForm::junit))
    return wrong_use("--list: the rules are printed as text or json, not as " + grammar.output);
  if (!grammar.namespaces.empty() && !grammar.from.files.empty())
    return wrong_use("--namespace: is for a live cluster; with --filename all that is in the files is looked at");
  return LintCommand{.from = grammar.from,
                     .namespaces = grammar.namespaces,
                     .output = *form,
                     .fail_on = *threshold,
                     .rules = grammar.only,
                     .explain = grammar.reasons,
                     .list = grammar.list};
}

}  // namespace selvedge::cli
