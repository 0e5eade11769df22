#include <algorithm>
#include <map>

#include "controller/cli/findings.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

constexpr std::size_t most_of_a_rule = 100;
using lint::Rule;
using lint::Severity;

std::string padded(std::string_view text, std::size_t width) {
  std::string all(text);
  all.resize(std::max(width, all.size()), ' ');
  return all;
}

std::size_t width_of_ids(const std::vector<lint::Told>& findings) {
  std::size_t width = 0;
  for (const auto& one : findings) width = std::max(width, one.rule->id.size());
  return width;
}

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

using Counts = std::map<const Rule*, std::size_t>;  // in the order of the table, errors first

// Findings that stand for several alike count as one: it is how many there are to look at.
Counts counts_of(const std::vector<lint::Told>& findings) {
  Counts counts;
  for (const auto& one : findings) ++counts[one.rule];
  return counts;
}

std::string summary(const Findings& findings, const Counts& counts) {
  std::map<Severity, std::size_t> of;
  for (const auto& [rule, count] : counts) of[rule->severity] += count;
  std::string text = plural(of[Severity::error], "error") + ", " + plural(of[Severity::warning], "warning") + ", " +
                     std::to_string(of[Severity::info]) + " info";
  const std::size_t suppressed = findings.review.suppressed.size();
  if (suppressed > 0) text += "; " + plural(suppressed, "more finding") + " suppressed by annotation";
  const std::size_t policies = findings.review.policies;
  return text + "; " + std::to_string(policies) + (policies == 1 ? " policy, " : " policies, ") +
         plural(findings.review.pods, "pod") + " looked at\n";
}

std::string left_out(const Counts& counts, const TextWishes& wishes) {
  std::string text;
  for (const auto& [rule, count] : counts) {
    if (wishes.all || rule->severity == Severity::error || count <= most_of_a_rule) continue;
    text += std::to_string(count - most_of_a_rule) + " more of " + std::string(rule->id) + " are not shown; --rule " +
            std::string(rule->id) + " shows them\n";
  }
  return text;
}

std::string heading(const Findings& findings, const lint::Told& told) {
  const Place* place = findings.place(told);
  const std::string where = place == nullptr ? "" : "  " + place->file + ':' + std::to_string(place->line);
  return printable(object_name(told) + where);
}

std::string body(const Findings& all, const TextWishes& wishes) {
  const std::vector<lint::Told>& findings = all.review.findings;
  const std::size_t width = width_of_ids(findings);
  std::string text, last;
  Counts shown;
  for (const auto& one : findings) {
    const bool everything = wishes.all || one.rule->severity == Severity::error;
    if (++shown[one.rule] > most_of_a_rule && !everything) continue;
    const std::string object = heading(all, one);
    if (object != last) text += (last.empty() ? "" : "\n") + object + '\n';
    last = object;
    text += "  " + padded(lint::to_string(one.rule->severity), 7) + "  " + padded(one.rule->id, width) + "  " +
            printable(sentence(one)) + '\n';
    if (wishes.explain)
      text +=
          "           why: " + std::string(one.rule->why) + "\n           fix: " + std::string(one.rule->fix) + '\n';
  }
  return text.empty() ? text : text + '\n';
}

}  // namespace

const Place* Findings::place(const lint::Told& told) const {
  const auto found = places.find({told.kind, told.object});
  return found == places.end() ? nullptr : &found->second;
}

std::string object_name(const lint::Told& told) {
  return std::string(k8s::to_string(told.kind)) + ' ' + k8s::to_string(told.object);
}

std::string sentence(const lint::Told& told) {
  std::string text = told.field + (told.field.empty() ? "" : " ") + told.message;
  if (told.count > 1) text += " (and " + std::to_string(told.count - 1) + " more alike)";
  return text;
}

std::string findings_text(const Findings& findings, const TextWishes& wishes) {
  const Counts counts = counts_of(findings.review.findings);
  std::string text = body(findings, wishes) + left_out(counts, wishes);
  for (const auto& unknown : findings.unknown) text += "unknown: " + printable(unknown) + '\n';
  return text + summary(findings, counts);
}

std::string rules_text(bool explain) {
  std::size_t width = 0;
  for (const Rule& rule : lint::rules()) width = std::max(width, rule.id.size());
  std::string text;
  for (const Rule& rule : lint::rules()) {
    text += padded(rule.id, width) + "  " + padded(lint::to_string(rule.severity), 7) + "  " + std::string(rule.title) +
            '\n';
    if (explain) text += "    " + std::string(rule.why) + "\n    Fix: " + std::string(rule.fix) + "\n\n";
  }
  if (explain) text.pop_back();
  return text;
}

}  // namespace selvedge::cli
