#include "controller/agent/difference_words.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "controller/agent/printable.h"

namespace selvedge::agent {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t most_named = 8;

// Many senders mostly gain or lose the same: one line for them all.
struct Group {
  std::string ports, family;
  std::vector<std::string> from;
};
struct Receiver {
  std::vector<Group> gained, lost;
};

void add(std::vector<Group>& groups, const reach::Ports& ports, const reach::Change& change) {
  if (ports.empty()) return;
  const std::string words = to_string(ports);
  const auto same = [&](const Group& group) { return group.ports == words && group.family == change.family; };
  if (const auto group = std::ranges::find_if(groups, same); group != groups.end()) {
    group->from.push_back(change.from);
  } else {
    groups.push_back({words, change.family, {change.from}});
  }
}

std::map<std::string, Receiver> by_receiver(const reach::Difference& difference) {
  std::map<std::string, Receiver> receivers;
  for (const reach::Change& change : difference.changes) {
    Receiver& receiver = receivers[change.to];
    add(receiver.gained, change.gained, change);
    add(receiver.lost, change.lost, change);
  }
  return receivers;
}

std::string named(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most_named); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most_named) text += " and " + std::to_string(names.size() - most_named) + " more";
  return text;
}

std::string ports_of(const Group& group) {
  return group.ports + (group.family.empty() ? "" : " (" + group.family + ')');
}

std::string line(const Group& group) {
  return ports_of(group) + " from " + printable(named(group.from));
}

std::string talk(const reach::Arrival& one) {
  return one.name + ": may reach " + std::to_string(one.reaches) + " others, be reached by " +
         std::to_string(one.reached_by);
}

// A name in a table's cell must neither end it nor begin markup.
std::string escaped(const std::string& text) {
  static constexpr std::string_view markup = "|<>&`*_[]\\";
  std::string result;
  for (const char c : printable(text)) {
    if (markup.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string sign_of(ObjectChange::Kind kind) {
  return kind == ObjectChange::Kind::come ? "+ " : kind == ObjectChange::Kind::gone ? "- " : "  ";
}

std::string rule_lines(const ObjectChange& change, const std::string& indent) {
  std::string text;
  for (const auto& gone : change.gone) text += indent + "- " + printable(gone) + '\n';
  for (const auto& come : change.come) text += indent + "+ " + printable(come) + '\n';
  return text;
}

Json ports_json(const reach::Ports& ports) {
  return ports.empty() ? Json(nullptr) : Json(to_string(ports));
}

Json arrivals_json(const std::vector<reach::Arrival>& arrivals) {
  Json all = Json::array();
  for (const auto& one : arrivals)
    all.push_back({{"name", one.name}, {"reaches", one.reaches}, {"reachedBy", one.reached_by}});
  return all;
}

}  // namespace

std::string difference_text(const StateDifference& difference) {
  if (difference.empty()) return "no difference\n";
  const auto& connections = difference.connections;
  std::string text = connections.changes.empty() ? "" : "connections:\n";
  for (const auto& [to, receiver] : by_receiver(connections)) {
    text += "  to " + printable(to) + '\n';
    for (const Group& group : receiver.gained) text += "    + " + line(group) + '\n';
    for (const Group& group : receiver.lost) text += "    - " + line(group) + '\n';
  }
  if (!connections.come.empty()) text += "new:\n";
  for (const auto& one : connections.come) text += "  + " + printable(talk(one)) + '\n';
  if (!connections.gone.empty()) text += "gone:\n";
  for (const auto& one : connections.gone) text += "  - " + printable(talk(one)) + '\n';
  if (!difference.rules.empty()) text += "rules:\n";
  for (const ObjectChange& change : difference.rules)
    text += "  " + sign_of(change.kind) + printable(change.object) + '\n' + rule_lines(change, "      ");
  return text;
}

std::string difference_markdown(const StateDifference& difference) {
  if (difference.empty()) return "No difference.\n";
  std::string text = "| | to | ports | from |\n|---|---|---|---|\n";
  const auto row = [&](const char* what, const std::string& to, const Group& group) {
    text += std::string("| ") + what + " | " + escaped(to) + " | " + ports_of(group) + " | " +
            escaped(named(group.from)) + " |\n";
  };
  for (const auto& [to, receiver] : by_receiver(difference.connections)) {
    for (const Group& group : receiver.gained) row("gained", to, group);
    for (const Group& group : receiver.lost) row("**lost**", to, group);
  }
  for (const auto& one : difference.connections.come) text += "| new | " + escaped(talk(one)) + " | | |\n";
  for (const auto& one : difference.connections.gone) text += "| gone | " + escaped(talk(one)) + " | | |\n";
  if (difference.rules.empty()) return text;
  text += "\n<details><summary>" + std::to_string(difference.rules.size()) +
          " objects of the ruleset differ</summary>\n\n```diff\n";
  for (const ObjectChange& change : difference.rules)
    text += "# " + sign_of(change.kind) + printable(change.object) + '\n' + rule_lines(change, "");
  return text + "```\n</details>\n";
}

std::string difference_json(const StateDifference& difference) {
  Json json = {{"differ", !difference.empty()}, {"connections", Json::array()}};
  for (const auto& change : difference.connections.changes) {
    Json one = {{"from", change.from},
                {"to", change.to},
                {"gained", ports_json(change.gained)},
                {"lost", ports_json(change.lost)}};
    if (!change.family.empty()) one["family"] = change.family;
    json["connections"].push_back(std::move(one));
  }
  json["new"] = arrivals_json(difference.connections.come);
  json["gone"] = arrivals_json(difference.connections.gone);
  json["rules"] = Json::array();
  for (const auto& change : difference.rules)
    json["rules"].push_back({{"object", change.object}, {"gone", change.gone}, {"come", change.come}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace selvedge::agent
