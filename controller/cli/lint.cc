// `selvedge lint`. What was assumed of the input goes to standard error; what could
// not be looked at is part of the result.
#include <algorithm>

#include "controller/cli/commands.h"
#include "controller/cli/console.h"
#include "controller/cli/findings.h"
#include "controller/cli/lint_matter.h"

namespace selvedge::cli {
namespace {

void keep_only(std::vector<lint::Told>& findings, const std::vector<std::string>& rules) {
  if (rules.empty()) return;
  std::erase_if(findings,
                [&](const lint::Told& told) { return std::ranges::find(rules, told.rule->id) == rules.end(); });
}

std::string in_form(const Findings& findings, const LintCommand& command) {
  switch (command.output) {
    case ReportForm::json:
      return findings_json(findings);
    case ReportForm::sarif:
      return findings_sarif(findings);
    case ReportForm::junit:
      return findings_junit(findings, command.fail_on);
    case ReportForm::text:
      break;
  }
  return findings_text(findings, {.explain = command.explain, .all = !command.rules.empty()});
}

bool fails(const lint::Review& review, std::optional<lint::Severity> fail_on) {
  return fail_on &&
         std::ranges::any_of(review.findings, [&](const auto& told) { return told.rule->severity >= *fail_on; });
}

}  // namespace

int lint(const LintCommand& command) {
  if (command.list)
    return print(command.output == ReportForm::json ? rules_json() : rules_text(command.explain)) ? 0 : 3;
  const auto matter = read_lint_matter(command.from, command.namespaces);
  if (!matter) {
    complain("lint: " + matter.error());
    return 3;
  }
  for (const auto& note : matter->input.notes) complain(note);
  Findings findings{.review = review_of(*matter), .places = {}, .unknown = matter->missing};
  for (const auto& decoded : matter->input.objects)
    if (!decoded.file.empty())
      findings.places[{k8s::kind_of(decoded.object), k8s::meta_of(decoded.object).key()}] = {decoded.file,
                                                                                             decoded.line};
  keep_only(findings.review.findings, command.rules);
  keep_only(findings.review.suppressed, command.rules);
  if (!print(in_form(findings, command))) return 3;
  return fails(findings.review, command.fail_on) ? 1 : 0;
}

}  // namespace selvedge::cli
