#include "controller/cli/difference_words.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "controller/cli/first_names.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

// Many mostly gain or lose the same with one: a line for them all.
struct Group {
  std::string ports;
  std::vector<std::string> others;
};
struct Groups {
  std::vector<Group> gained, lost;
};
// By one end of the connections, whichever makes fewer lines: a change of ingress is one of who receives, a change of
// egress one of who sends.
struct Grouping {
  bool by_receiver = true;
  std::map<std::string, Groups> all;

  std::size_t lines() const {
    std::size_t count = 0;
    for (const auto& [one, groups] : all) count += 1 + groups.gained.size() + groups.lost.size();
    return count;
  }
};

void add(std::vector<Group>& groups, const reach::Ports& ports, const std::string& family, const std::string& other) {
  if (ports.empty()) return;
  const std::string words = to_string(ports) + (family.empty() ? "" : " (" + family + ')');
  const auto group = std::ranges::find(groups, words, &Group::ports);
  if (group != groups.end()) {
    group->others.push_back(other);
  } else {
    groups.push_back({words, {other}});
  }
}

Grouping grouped(const reach::Difference& difference, bool by_receiver) {
  Grouping grouping{.by_receiver = by_receiver, .all = {}};
  for (const reach::Change& change : difference.changes) {
    Groups& groups = grouping.all[by_receiver ? change.to : change.from];
    const std::string& other = by_receiver ? change.from : change.to;
    add(groups.gained, change.gained, change.family, other);
    add(groups.lost, change.lost, change.family, other);
  }
  return grouping;
}

Grouping grouped(const reach::Difference& difference) {
  Grouping by_receiver = grouped(difference, true), by_sender = grouped(difference, false);
  return by_sender.lines() < by_receiver.lines() ? by_sender : by_receiver;
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
  const Grouping grouping = grouped(connections);
  const std::string one_end = grouping.by_receiver ? "to " : "from ",
                    other_end = grouping.by_receiver ? " from " : " to ";
  for (const auto& [one, groups] : grouping.all) {
    text += "  " + one_end + printable(one) + '\n';
    for (const Group& group : groups.gained)
      text += "    + " + group.ports + other_end + printable(first_names(group.others, 8)) + '\n';
    for (const Group& group : groups.lost)
      text += "    - " + group.ports + other_end + printable(first_names(group.others, 8)) + '\n';
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
  std::string text = "| | from | ports | to |\n|---|---|---|---|\n";
  const Grouping grouping = grouped(difference.connections);
  const auto row = [&](const char* what, const std::string& one, const Group& group) {
    const std::string others = first_names(group.others, 8);
    text += std::string("| ") + what + " | " + escaped(grouping.by_receiver ? others : one) + " | " + group.ports +
            " | " + escaped(grouping.by_receiver ? one : others) + " |\n";
  };
  for (const auto& [one, groups] : grouping.all) {
    for (const Group& group : groups.gained) row("gained", one, group);
    for (const Group& group : groups.lost) row("**lost**", one, group);
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

}  // namespace selvedge::cli
