// The matrix for programs (docs/report.md). Who reaches whom is told by runs of subjects: where nothing is isolated,
// that is one for each of them.
#include <nlohmann/json.hpp>

#include "controller/cli/findings.h"
#include "controller/cli/report_words.h"
#include "controller/report/cells.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;
using reach::Party;
using report::Index;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

const char* kind_of(const report::Subject& subject) {
  if (subject.kind == Party::Kind::pods) return "pods";
  return subject.kind == Party::Kind::nodes ? "nodes" : "outside";
}

Json isolation_of(const report::Report& report, const report::Isolation& isolation) {
  Json json = {{"isolated", isolation.isolated}, {"known", !isolation.unknown}, {"isolatedBy", Json::array()}};
  for (const Index policy : isolation.policies)
    json["isolatedBy"].push_back(k8s::to_string(report.policies[policy].written->meta.key()));
  return json;
}

Json described(const report::Report& report, const report::Subject& subject) {
  Json json = {{"kind", kind_of(subject)},
               {"namespace", subject.ns},
               {"name", subject.name},
               {"variant", subject.variant},
               {"size", subject.size},
               {"audited", subject.audited},
               {"addresses", subject.addresses},
               {"pods", Json::array()},
               {"labels", Json::object()},
               {"ingress", isolation_of(report, subject.isolation(Direction::ingress))},
               {"egress", isolation_of(report, subject.isolation(Direction::egress))}};
  for (const k8s::Pod* pod : subject.pods) json["pods"].push_back(pod->meta.name);
  if (!subject.pods.empty()) json["labels"] = subject.pods.front()->meta.labels;
  return json;
}

// "[[0,12],[15,15]]": by hand, since there may be a million of them.
std::string runs_of(const std::vector<Index>& indexes) {
  std::string text = "[";
  for (std::size_t i = 0; i < indexes.size();) {
    std::size_t end = i + 1;
    while (end < indexes.size() && indexes[end] == indexes[end - 1] + 1) ++end;
    text += (i == 0 ? "[" : ",[") + std::to_string(indexes[i]) + ',' + std::to_string(indexes[end - 1]) + ']';
    i = end;
  }
  return text + ']';
}

std::string reached_by(report::Cells& cells, Index subject) {
  std::string text = "[";
  for (const report::Way& way : cells.ways(subject, Direction::ingress)) {
    text += (text.size() == 1 ? "{\"ports\":\"" : ",{\"ports\":\"") + cells.words(way.cell);
    text += "\",\"verdict\":\"" + std::string(to_string(way.cell.verdict));
    text += "\",\"from\":" + runs_of(way.others) + '}';
  }
  return text + ']';
}

Json findings_of(const lint::Review& review) {
  Json json = Json::array();
  for (const lint::Told& told : review.findings) {
    json.push_back({{"rule", told.rule->id},
                    {"severity", lint::to_string(told.rule->severity)},
                    {"object", object_name(told)},
                    {"message", sentence(told)}});
  }
  return json;
}

}  // namespace

std::string report_json(const Page& page) {
  const report::Report& report = page.report;
  const Json head = {{"about", page.title},
                     {"time", page.time},
                     {"version", SELVEDGE_VERSION},
                     {"policies", report.policies.size()},
                     {"findings", findings_of(report.review)},
                     {"unknown", report.unknown},
                     {"notes", report.notes}};
  std::string text = dumped(head);
  text.pop_back();
  text += ",\"subjects\":[";
  report::Cells cells(report);
  for (Index i = 0; i < report.subjects.size(); ++i) {
    std::string one = dumped(described(report, report.subjects[i]));
    one.pop_back();
    text += (i == 0 ? "\n" : ",\n") + one + ",\"reachedBy\":" + reached_by(cells, i) + '}';
  }
  return text + "\n]}\n";
}

}  // namespace selvedge::cli
