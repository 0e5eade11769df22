// The page's own form of a report: short, since it is part of each page. Policies and rules stand once, rows and sets
// by runs; what it means is told by controller/cli/report_page/data.js, which reads it.
#include <nlohmann/json.hpp>

#include "controller/cli/findings.h"
#include "controller/cli/report_words.h"
#include "controller/explain/misses.h"
#include "controller/meaning/peers.h"
#include "controller/meaning/ports.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;
using report::Index;

constexpr std::size_t most_pods = 100;  // of one subject, by name

Json object_of(const k8s::Labels& labels) {
  Json json = Json::object();
  for (const auto& [key, value] : labels) json[printable(key)] = printable(value);
  return json;
}

Json list_of(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push_back(printable(text));
  return json;
}

// [value, how often, value, how often, …]
Json runs_of(const std::vector<Index>& row) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < row.size();) {
    std::size_t end = i;
    while (end < row.size() && row[end] == row[i]) ++end;
    runs.push_back(row[i]);
    runs.push_back(end - i);
    i = end;
  }
  return runs;
}

// [first, how many, first, how many, …]
Json ranges_of(const std::vector<Index>& set) {
  Json ranges = Json::array();
  for (std::size_t i = 0; i < set.size();) {
    std::size_t end = i;
    while (end < set.size() && set[end] == set[i] + (end - i)) ++end;
    ranges.push_back(set[i]);
    ranges.push_back(end - i);
    i = end;
  }
  return ranges;
}

Json isolation_of(const report::Isolation& isolation) {
  const int row = isolation.row ? static_cast<int>(*isolation.row) : -1;
  return Json::array({isolation.isolated ? 1 : 0, isolation.unknown ? 1 : 0, isolation.policies, row});
}

Json pod_of(const k8s::Pod& pod) {
  Json json = Json::array({printable(pod.meta.name), printable(pod.node)});
  for (const std::string& address : pod.addresses) json.push_back(printable(address));
  return json;
}

Json declared_by(const k8s::Pod& pod) {
  Json json = Json::array();
  for (const k8s::ContainerPort& port : pod.ports)
    json.push_back({printable(port.name), meaning::number_of(port.protocol), port.number});
  return json;
}

Json subject_of(const report::Subject& subject) {
  Json json = {{"k", static_cast<int>(subject.kind)},
               {"ns", printable(subject.ns)},
               {"name", printable(subject.name)},
               {"size", subject.size},
               {"v4", subject.v4 ? 1 : 0},
               {"v6", subject.v6 ? 1 : 0}};
  if (subject.audited) json["audited"] = 1;
  if (!subject.variant.empty()) json["variant"] = printable(subject.variant);
  if (!subject.addresses.empty()) json["addresses"] = list_of(subject.addresses);
  if (subject.pods.empty()) return json;
  const k8s::Pod& first = *subject.pods.front();
  if (!first.understood) json["odd"] = 1;
  json["labels"] = object_of(first.meta.labels);
  json["ports"] = declared_by(first);
  json["pods"] = Json::array();
  for (const k8s::Pod* pod : subject.pods) {
    if (json["pods"].size() == most_pods) break;
    json["pods"].push_back(pod_of(*pod));
  }
  json["in"] = isolation_of(subject.isolation(Direction::ingress));
  json["out"] = isolation_of(subject.isolation(Direction::egress));
  return json;
}

Json ports_of(const reach::Ports& ports) {
  Json ranges = Json::array();
  for (const auto& range : ports.ranges) ranges.push_back({range.protocol, range.first, range.last});
  return {{"t", to_string(ports)}, {"r", std::move(ranges)}, {"o", ports.others ? 1 : 0}};
}

// ---- policies ------------------------------------------------------------------------------------------------------

Json selector_of(const k8s::LabelSelector& selector) {
  Json expressions = Json::array();
  for (const k8s::Requirement& one : selector.match_expressions)
    expressions.push_back({printable(one.key), static_cast<int>(one.op), list_of(one.values)});
  return {{"l", object_of(selector.match_labels)}, {"e", std::move(expressions)}};
}

Json port_of(const k8s::PolicyPort& written) {
  Json json = {{"t", printable(explain::words_of(written))}};
  const auto element = meaning::read_port(written);
  if (!element) return json;
  json["p"] = meaning::number_of(element->protocol);
  if (const auto* range = std::get_if<meaning::Ports>(&element->ports)) json["r"] = {range->first, range->last};
  if (const auto* name = std::get_if<std::string>(&element->ports)) json["n"] = printable(*name);
  return json;
}

Json peer_of(const k8s::Peer& written, const report::PeerMembers& members) {
  Json json = {{"t", printable(explain::words_of(written))}, {"m", members.meant}};
  const auto peer = meaning::read_peer(written);
  if (!peer) return json;
  if (std::holds_alternative<meaning::Block>(*peer)) {
    json["b"] = printable(written.ip_block->cidr);
    json["a"] = members.around;
    return json;
  }
  const auto& labels = std::get<meaning::PodsByLabel>(*peer);
  if (labels.namespaces) json["ns"] = selector_of(*labels.namespaces);
  json["pods"] = labels.pods ? selector_of(*labels.pods) : Json();
  return json;
}

Json rules_of(const std::vector<k8s::PolicyRule>& rules, const std::vector<std::vector<report::PeerMembers>>& members) {
  Json json = Json::array();
  for (std::size_t i = 0; i < members.size(); ++i) {
    Json peers = Json::array(), ports = Json::array();
    for (std::size_t j = 0; j < members[i].size(); ++j) peers.push_back(peer_of(rules[i].peers[j], members[i][j]));
    for (const k8s::PolicyPort& port : rules[i].ports) ports.push_back(port_of(port));
    json.push_back({{"from", std::move(peers)}, {"ports", std::move(ports)}, {"ok", rules[i].understood ? 1 : 0}});
  }
  return json;
}

Json policy_of(const report::Policy& policy) {
  const k8s::NetworkPolicy& written = *policy.written;
  Json json = {{"ns", printable(written.meta.ns)},
               {"name", printable(written.meta.name)},
               {"selects", printable(explain::words_of(written.pod_selector))},
               {"ok", policy.understood ? 1 : 0}};
  if (policy.isolates[0]) json["ingress"] = rules_of(written.ingress, policy.members[0]);
  if (policy.isolates[1]) json["egress"] = rules_of(written.egress, policy.members[1]);
  return json;
}

// ---- findings ------------------------------------------------------------------------------------------------------

Json finding_of(const lint::Told& told) {
  return {{"rule", told.rule->id},
          {"kind", k8s::to_string(told.kind)},
          {"ns", printable(told.object.ns)},
          {"name", printable(told.object.name)},
          {"text", printable(sentence(told))}};
}

Json rules_told(const std::vector<lint::Told>& findings) {
  Json json = Json::object();
  for (const lint::Told& told : findings) {
    const lint::Rule& rule = *told.rule;
    json[std::string(rule.id)] = {
        {"severity", lint::to_string(rule.severity)}, {"title", rule.title}, {"why", rule.why}, {"fix", rule.fix}};
  }
  return json;
}

template <typename Items, typename ToJson>
Json each(const Items& items, ToJson to_json) {
  Json json = Json::array();
  for (const auto& item : items) json.push_back(to_json(item));
  return json;
}

Json row_of(const report::Row& row) {
  return row[0] == row[1] ? Json::array({runs_of(row[0])}) : Json::array({runs_of(row[0]), runs_of(row[1])});
}

}  // namespace

std::string page_data(const Page& page) {
  const report::Report& report = page.report;
  Json namespaces = Json::object();
  for (const auto& [name, labels] : report.namespaces) namespaces[printable(name)] = object_of(labels);
  const Json json = {{"title", printable(page.title)},
                     {"time", page.time},
                     {"version", SELVEDGE_VERSION},
                     {"namespaces", std::move(namespaces)},
                     {"subjects", each(report.subjects, subject_of)},
                     {"ports", each(report.ports, ports_of)},
                     {"rows", each(report.rows, row_of)},
                     {"sets", each(report.sets, ranges_of)},
                     {"policies", each(report.policies, policy_of)},
                     {"findings", each(report.review.findings, finding_of)},
                     {"suppressed", report.review.suppressed.size()},
                     {"rules", rules_told(report.review.findings)},
                     {"unknown", list_of(report.unknown)},
                     {"notes", list_of(report.notes)}};
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string inert(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      text += "\\u003c";
    else if (c == '>')
      text += "\\u003e";
    else if (c == '&')
      text += "\\u0026";
    else
      text += c;
  }
  return text;
}

}  // namespace selvedge::cli
