// The report for a terminal: figures, who is open and exposed, a matrix where it fits, and each workload in sentences.
#include <algorithm>
#include <map>
#include <set>

#include "controller/cli/report_words.h"
#include "controller/report/cells.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

using reach::Party;
using report::Cell;
using report::Index;
using report::Subject;
using report::Verdict;

constexpr std::size_t most_columns = 40;
constexpr std::size_t most_names = 12;

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

char sign_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::nobody:
      return ' ';
    case Verdict::denied:
      return '.';
    case Verdict::some:
      return '+';
    case Verdict::all:
      return '#';
    case Verdict::open:
      return 'o';
    case Verdict::unknown:
      return '?';
    case Verdict::audited:
      return '!';
  }
  return ' ';
}

class Telling {
 public:
  explicit Telling(const Page& page) : page_(page), report_(page.report), cells_(page.report) {}

  std::string all();

 private:
  std::string figures() const;
  std::string open_ones(Direction direction) const;
  std::string exposure(Direction direction);
  std::string matrix();
  std::string workload(Index subject);
  std::string side(Index subject, Direction direction);
  std::string isolation(const report::Isolation& isolation) const;
  std::string name(Index subject) const { return printable(name_of(report_.subjects[subject])); }
  std::string names(const std::vector<Index>& indexes) const;

  const Page& page_;
  const report::Report& report_;
  report::Cells cells_;
};

std::string Telling::names(const std::vector<Index>& indexes) const {
  std::string text;
  for (std::size_t i = 0; i < std::min(indexes.size(), most_names); ++i)
    text += (text.empty() ? "" : ", ") + name(indexes[i]);
  return indexes.size() > most_names ? text + " and " + std::to_string(indexes.size() - most_names) + " more" : text;
}

std::string Telling::figures() const {
  std::size_t pods = 0;
  std::set<std::pair<std::string, std::string>> workloads;
  std::set<std::string> namespaces;
  for (const Subject& subject : report_.subjects) {
    if (subject.kind != Party::Kind::pods) continue;
    pods += subject.size;
    workloads.emplace(subject.ns, subject.name);
    namespaces.insert(subject.ns);
  }
  std::map<lint::Severity, std::size_t> findings;
  for (const auto& told : report_.review.findings) ++findings[told.rule->severity];
  std::string text = counted(workloads.size(), "workload") + " with " + counted(pods, "pod") + " in " +
                     counted(namespaces.size(), "namespace") + ", " + std::to_string(report_.policies.size()) +
                     (report_.policies.size() == 1 ? " policy\n" : " policies\n");
  text += "findings: " + counted(findings[lint::Severity::error], "error") + ", " +
          counted(findings[lint::Severity::warning], "warning") + ", " +
          std::to_string(findings[lint::Severity::info]) + " for information; `selvedge lint` tells them\n";
  for (const std::string& unknown : report_.unknown) text += "unknown: " + printable(unknown) + '\n';
  return text;
}

std::string Telling::open_ones(Direction direction) const {
  std::vector<Index> open;
  for (Index i = 0; i < report_.subjects.size(); ++i) {
    const Subject& subject = report_.subjects[i];
    if (subject.kind != Party::Kind::pods) continue;
    const auto& isolation = subject.isolation(direction);
    if (!isolation.isolated && !isolation.unknown) open.push_back(i);
  }
  const std::string what = direction == Direction::ingress ? "open to all" : "may go anywhere";
  return what + " (no policy isolates it): " + (open.empty() ? "none" : names(open)) + '\n';
}

std::string Telling::exposure(Direction direction) {
  const bool ingress = direction == Direction::ingress;
  std::string text = ingress ? "from outside the cluster:\n" : "to outside the cluster:\n";
  const std::size_t empty = text.size();
  for (Index i = 0; i < report_.subjects.size(); ++i) {
    if (report_.subjects[i].kind != Party::Kind::outside) continue;
    for (const auto& way : cells_.ways(i, ingress ? Direction::egress : Direction::ingress))
      text += "  " + name(i) + (ingress ? " to " : " from ") + names(way.others) + ": " + cells_.words(way.cell) + '\n';
  }
  return text.size() == empty ? text + "  nothing\n" : text;
}

std::string Telling::matrix() {
  const std::size_t size = report_.subjects.size();
  if (size > most_columns)
    return "The matrix of " + std::to_string(size) + " lines is left out here; --output html and json have it.\n";
  std::size_t width = 0;
  for (Index i = 0; i < size; ++i) width = std::max(width, name(i).size());
  std::string text =
      "from (lines) to (columns): . denied, + some ports, # all ports by rule, o open, ! audited only, ? unknown\n";
  std::string head(width + 5, ' ');
  for (std::size_t i = 0; i < size; ++i) head += (i < 9 ? "  " : " ") + std::to_string(i + 1);
  text += head + '\n';
  for (Index from = 0; from < size; ++from) {
    const std::string number = std::to_string(from + 1);
    const std::string label = name(from);
    text += std::string(3 - number.size(), ' ') + number + "  " + label + std::string(width - label.size(), ' ');
    for (Index to = 0; to < size; ++to) text += std::string("  ") + sign_of(cells_.at(from, to).verdict);
    text += '\n';
  }
  return text;
}

std::string Telling::isolation(const report::Isolation& isolation) const {
  if (isolation.unknown) return "its namespace's policies are not all known";
  if (!isolation.isolated) return "no policy isolates it";
  if (isolation.policies.empty()) return "isolated, because its object was not understood";
  std::string text = "isolated by ";
  for (const Index policy : isolation.policies) {
    if (text.back() != ' ') text += ", ";
    text += printable(k8s::to_string(report_.policies[policy].written->meta.key()));
  }
  return text;
}

std::string Telling::side(Index subject, Direction direction) {
  const bool ingress = direction == Direction::ingress;
  std::string text = ingress ? "  in: " : "  out: ";
  text += isolation(report_.subjects[subject].isolation(direction));
  text += report_.subjects[subject].audited ? ", in a namespace that is audited only: nothing is denied\n" : "\n";
  const auto ways = cells_.ways(subject, direction);
  for (const auto& way : ways)
    text += "    " + cells_.words(way.cell) + (ingress ? " from " : " to ") + names(way.others) + '\n';
  return ways.empty() ? text + "    nobody\n" : text;
}

std::string Telling::workload(Index subject) {
  return name(subject) + ", " + counted(report_.subjects[subject].size, "pod") + '\n' +
         side(subject, Direction::ingress) + side(subject, Direction::egress);
}

std::string Telling::all() {
  std::string text = printable(page_.title) + ", " + page_.time + '\n' + figures() + '\n';
  text += open_ones(Direction::ingress) + open_ones(Direction::egress);
  text += exposure(Direction::ingress) + exposure(Direction::egress) + '\n' + matrix();
  for (Index i = 0; i < report_.subjects.size(); ++i) {
    if (report_.subjects[i].kind == Party::Kind::pods) text += '\n' + workload(i);
  }
  return text + "\nA pod's own node always reaches it, and answers always pass.\n";
}

}  // namespace

std::string report_text(const Page& page) {
  return Telling(page).all();
}

}  // namespace selvedge::cli
