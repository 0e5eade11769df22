// JSON and SARIF, which is JSON. Everything but ASCII is escaped, so that no text
// from outside reverses or hides another where the output is looked at.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "controller/cli/findings.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;
using lint::Severity;

std::string dumped(const Json& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + '\n';
}

Json finding(const Findings& findings, const lint::Told& told) {
  const Place* place = findings.place(told);
  return {{"rule", told.rule->id},
          {"severity", lint::to_string(told.rule->severity)},
          {"kind", k8s::to_string(told.kind)},
          {"namespace", told.object.ns},
          {"name", told.object.name},
          {"file", place == nullptr ? Json() : Json(place->file)},
          {"line", place == nullptr ? Json() : Json(place->line)},
          {"field", told.field},
          {"message", told.message},
          {"count", told.count},
          {"fix", told.rule->fix}};
}

Json listed(const Findings& findings, const std::vector<lint::Told>& all) {
  Json list = Json::array();
  for (const auto& one : all) list.push_back(finding(findings, one));
  return list;
}

Json counts_of(const std::vector<lint::Told>& all) {
  Json counts = {{"error", 0}, {"warning", 0}, {"info", 0}};
  for (const auto& one : all) {
    auto& count = counts[std::string(lint::to_string(one.rule->severity))];
    count = count.get<std::size_t>() + 1;
  }
  return counts;
}

Json rule(const lint::Rule& one) {
  return {{"id", one.id},
          {"severity", lint::to_string(one.severity)},
          {"title", one.title},
          {"why", one.why},
          {"fix", one.fix}};
}

// ---- SARIF (OASIS, 2.1.0, sections 3.13, 3.19, 3.27, 3.49) -----------------------

const char* level_of(Severity severity) {
  if (severity == Severity::error) return "error";
  return severity == Severity::warning ? "warning" : "note";
}

Json message(std::string_view text) {
  return {{"text", text}};
}

Json descriptor(const lint::Rule& one) {
  return {{"id", one.id},
          {"shortDescription", message(one.title)},
          {"fullDescription", message(one.why)},
          {"help", message(one.fix)},
          {"defaultConfiguration", {{"level", level_of(one.severity)}}}};
}

// A path as a reference (RFC 3986): relative ones stay relative, to where the program was called.
std::string uri_of(const std::string& path) {
  static constexpr std::string_view plain = "-._~/";
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
    uri += alphanumeric || plain.find(c) != std::string_view::npos ? std::string(1, c) : escaped;
  }
  return uri;
}

// By file, where there is one, and by name.
Json location(const Findings& findings, const lint::Told& told) {
  Json logical = {{"name", told.object.name},
                  {"fullyQualifiedName", object_name(told) + (told.field.empty() ? "" : " " + told.field)},
                  {"kind", "resource"}};
  Json location = Json::object();
  if (const Place* place = findings.place(told))
    location["physicalLocation"] = {{"artifactLocation", {{"uri", uri_of(place->file)}}},
                                    {"region", {{"startLine", place->line}}}};
  location["logicalLocations"] = Json::array({std::move(logical)});
  return location;
}

Json result(const Findings& findings, const lint::Told& told, bool suppressed) {
  Json one = {{"ruleId", told.rule->id},
              {"ruleIndex", told.rule - lint::rules().data()},
              {"level", level_of(told.rule->severity)},
              {"message", message(object_name(told) + ": " + sentence(told))},
              {"locations", Json::array({location(findings, told)})},
              {"occurrenceCount", told.count}};
  if (suppressed) one["suppressions"] = Json::array({{{"kind", "inSource"}}});
  return one;
}

}  // namespace

std::string findings_json(const Findings& findings) {
  const lint::Review& review = findings.review;
  return dumped({{"findings", listed(findings, review.findings)},
                 {"suppressed", listed(findings, review.suppressed)},
                 {"counts", counts_of(review.findings)},
                 {"unknown", findings.unknown},
                 {"policies", review.policies},
                 {"pods", review.pods}});
}

std::string findings_sarif(const Findings& findings) {
  Json rules = Json::array(), results = Json::array(), notes = Json::array();
  for (const lint::Rule& one : lint::rules()) rules.push_back(descriptor(one));
  for (const auto& told : findings.review.findings) results.push_back(result(findings, told, false));
  for (const auto& told : findings.review.suppressed) results.push_back(result(findings, told, true));
  for (const auto& unknown : findings.unknown) notes.push_back({{"level", "note"}, {"message", message(unknown)}});
  const Json driver = {{"name", "selvedge"}, {"version", SELVEDGE_VERSION}, {"rules", std::move(rules)}};
  Json invocation = {{"executionSuccessful", true}, {"toolExecutionNotifications", std::move(notes)}};
  Json run = {{"tool", {{"driver", driver}}},
              {"invocations", Json::array({std::move(invocation)})},
              {"results", std::move(results)}};
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({std::move(run)})}});
}

std::string rules_json() {
  Json list = Json::array();
  for (const lint::Rule& one : lint::rules()) list.push_back(rule(one));
  return dumped({{"rules", std::move(list)}});
}

}  // namespace selvedge::cli
