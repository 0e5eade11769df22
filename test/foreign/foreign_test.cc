// The saved scenarios, which are what a machine without Go has of the other engines, and whether the comparison with
// them would notice anything.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test/foreign/comparison.h"
#include "test/foreign/misreadings.h"

namespace selvedge::test {
namespace {

std::vector<Scenario> saved() {
  const std::string path = SELVEDGE_SOURCE_DIR "/test/foreign/saved/scenarios.jsonl";
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << " cannot be read";
  std::vector<Scenario> scenarios;
  for (std::string line; std::getline(file, line);) {
    auto scenario = parse_scenario(line);
    if (!scenario) ADD_FAILURE() << path << ": " << scenario.error();
    if (scenario) scenarios.push_back(std::move(*scenario));
  }
  return scenarios;
}

Tally compared(const std::vector<Scenario>& scenarios) {
  Tally tally;
  for (const auto& scenario : scenarios) compare(scenario, tally);
  return tally;
}

const Tally& of_the_saved() {
  static const Tally tally = compared(saved());
  return tally;
}

TEST(ForeignEngines, SayOfTheSavedScenarios_WhatSelvedgeSays) {
  const Tally& tally = of_the_saved();
  EXPECT_TRUE(tally.differences.empty()) << to_string(tally);
  EXPECT_GE(tally.scenarios, 24U);
  EXPECT_EQ(tally.agreed.size(), 2U) << to_string(tally);
  // Neither all allowed nor all denied: the scenarios tell engines apart.
  EXPECT_GT(tally.allowed * 10, tally.questions) << to_string(tally);
  EXPECT_LT(tally.allowed * 10, tally.questions * 9) << to_string(tally);
}

TEST(ForeignEngines, EachMisreading_IsSeenInTheSavedScenarios) {
  const Tally& tally = of_the_saved();
  for (const auto& misreading : misreadings())
    EXPECT_TRUE(tally.set_aside.contains(std::string(misreading.engine) + ": " + std::string(misreading.name)))
        << "nothing is set aside for \"" << misreading.name << "\": the exception is idle";
}

// Answers that are turned over must not be explained away, except where a misreading happens to say the same.
TEST(ForeignEngines, EveryAnswerTurnedOver_IsADifferenceOrAMisreading) {
  for (const auto& [engine, agreed_before] : of_the_saved().agreed) {
    SCOPED_TRACE(engine);
    auto scenarios = saved();
    for (auto& scenario : scenarios) {
      for (char& answer : scenario.answers.at(engine)) answer = answer == '1' ? '0' : '1';
    }
    const Tally turned = compared(scenarios);
    const std::size_t differ = turned.differences.size() + turned.untold;
    EXPECT_GT(differ * 100, agreed_before * 95) << to_string(turned);
  }
}

TEST(ForeignEngines, AScenarioThatLacksAnswers_IsRefused) {
  const auto scenario = parse_scenario(
      R"({"seed": 1, "scenario": 2, "objects": {"items": []}, "addresses": ["10.244.1.2", "fd00:244::2"],
          "probes": [{"protocol": "TCP", "port": 80}], "answers": {"other": "1"}})");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error(), "answers: other has 1 for 2 questions");
}

TEST(ForeignEngines, AnObjectThatDoesNotDecode_IsADifference) {
  const auto scenario = parse_scenario(
      R"({"seed": 1, "scenario": 2, "addresses": [], "probes": [], "answers": {},
          "objects": {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}]}})");
  ASSERT_TRUE(scenario) << scenario.error();
  EXPECT_EQ(compared({*scenario}).differences.size(), 1U);
}

}  // namespace
}  // namespace selvedge::test
