#include "test/foreign/comparison.h"

#include <memory>
#include <set>

#include "test/foreign/judges.h"
#include "test/foreign/misreadings.h"

namespace selvedge::test {
namespace {

constexpr std::size_t told = 20;  // differences that are spelled out

std::string word(bool allowed) {
  return allowed ? "allows" : "denies";
}

std::set<std::string> nodes_of(const std::vector<k8s::Object>& objects) {
  std::set<std::string> nodes;
  for (const auto& object : objects) {
    if (const auto* pod = std::get_if<k8s::Pod>(&object)) nodes.insert(pod->node);
  }
  return nodes;
}

// Our four ways to a verdict.
class Ours {
 public:
  explicit Ours(const std::vector<k8s::Object>& objects) : whole_(std::nullopt, objects) {
    for (const auto& node : nodes_of(objects)) nodes_.emplace_back(node, objects);
  }

  bool allows(const Question& question) const { return whole_.reading_allows(question); }
  bool allows_but_for_itself(const Question& question) const { return whole_.grants_allow(question); }

  // Those that do not say what allows() says.
  std::vector<std::string> dissent(const Question& question) const {
    const bool allowed = allows(question);
    std::vector<std::string> ways;
    if (whole_.table_allows(question) != allowed) ways.emplace_back("our table");
    if (by_nodes(question, &Judge::reading_allows) != allowed) ways.emplace_back("our reading by nodes");
    if (by_nodes(question, &Judge::table_allows) != allowed) ways.emplace_back("our tables of the nodes");
    if (question.source != question.destination && whole_.grants_allow(question) != allowed)
      ways.emplace_back("our grants");
    return ways;
  }

 private:
  // Where an end is, that node judges; what passes between two others is nobody's.
  bool by_nodes(const Question& question, bool (Judge::*way)(const Question&) const) const {
    for (const auto& node : nodes_) {
      if ((node.holds(question.source) || node.holds(question.destination)) && !(node.*way)(question)) return false;
    }
    return true;
  }

  Judge whole_;
  std::vector<Judge> nodes_;
};

// What an engine would say if it read the objects as one of its misreadings has it; made when first asked.
class Explanations {
 public:
  explicit Explanations(const nlohmann::json& objects) : objects_(objects) {}

  // The engine and the first reason that gives its verdict; "" when none does.
  std::string reason(const std::string& engine, const Ours& ours, const Question& question, bool verdict) {
    if (question.source == question.destination && ours.allows_but_for_itself(question) == verdict)
      return engine + ": a pod may reach itself (R6)";
    for (const auto& misreading : misreadings()) {
      if (misreading.engine == engine &&
          judge(std::string(misreading.name), {misreading}).grants_allow(question) == verdict)
        return engine + ": " + std::string(misreading.name);
    }
    if (judge(engine, of_engine(engine)).grants_allow(question) == verdict)
      return engine + ": several of these at once";
    return "";
  }

 private:
  static std::vector<Misreading> of_engine(const std::string& engine) {
    std::vector<Misreading> chosen;
    for (const auto& misreading : misreadings()) {
      if (misreading.engine == engine) chosen.push_back(misreading);
    }
    return chosen;
  }

  const Judge& judge(const std::string& name, const std::vector<Misreading>& applied) {
    auto& made = made_[name];
    if (made == nullptr) {
      nlohmann::json list = objects_;
      for (const auto& misreading : applied) misreading.rewrite(list.at("items"));
      made = std::make_unique<Judge>(std::nullopt, objects_of(list).value());
    }
    return *made;
  }

  const nlohmann::json& objects_;
  std::map<std::string, std::unique_ptr<Judge>> made_;
};

void tell(const Scenario& scenario, const std::string& what, Tally& tally) {
  if (tally.differences.size() == told) {
    ++tally.untold;
    return;
  }
  tally.differences.push_back("seed " + std::to_string(scenario.seed) + " scenario " + std::to_string(scenario.number) +
                              ": " + what);
}

void compare_engine(const Scenario& scenario, const std::string& engine, const std::string& answers, const Ours& ours,
                    Explanations& explanations, Tally& tally) {
  for (std::size_t i = 0; i < scenario.questions.size(); ++i) {
    const Question& question = scenario.questions[i];
    const bool verdict = answers[i] == '1';
    const bool ours_allows = ours.allows(question);
    if (verdict == ours_allows) {
      ++tally.agreed[engine];
    } else if (const std::string reason = explanations.reason(engine, ours, question, verdict); !reason.empty()) {
      ++tally.set_aside[reason];
    } else {
      tell(scenario, to_string(question) + ": Selvedge " + word(ours_allows) + ", " + engine + " " + word(verdict),
           tally);
    }
  }
}

}  // namespace

void compare(const Scenario& scenario, Tally& tally) {
  ++tally.scenarios;
  const auto objects = objects_of(scenario.objects);
  if (!objects) return tell(scenario, "its objects do not decode: " + objects.error(), tally);
  const Ours ours(*objects);
  for (const auto& question : scenario.questions) {
    ++tally.questions;
    if (ours.allows(question)) ++tally.allowed;
    for (const auto& way : ours.dissent(question))
      tell(scenario, to_string(question) + ": our reading " + word(ours.allows(question)) + ", not so " + way, tally);
  }
  Explanations explanations(scenario.objects);
  for (const auto& [engine, answers] : scenario.answers)
    compare_engine(scenario, engine, answers, ours, explanations, tally);
}

std::string to_string(const Tally& tally) {
  std::string text = std::to_string(tally.scenarios) + " scenarios, " + std::to_string(tally.questions) +
                     " questions, of which " + std::to_string(tally.allowed) + " allowed\n";
  for (const auto& [engine, count] : tally.agreed) text += engine + ": " + std::to_string(count) + " verdicts agree\n";
  for (const auto& [reason, count] : tally.set_aside)
    text += std::to_string(count) + " verdicts set aside: " + reason + "\n";
  for (const auto& difference : tally.differences) text += "DIFFERENT " + difference + "\n";
  if (tally.untold > 0) text += "and " + std::to_string(tally.untold) + " more\n";
  return text;
}

}  // namespace selvedge::test
