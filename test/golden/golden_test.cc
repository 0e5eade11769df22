// Each story (story.h) is told to the byte and judged in three ways: by the plain reading, by a
// simulation of the rules, and, for all packets that there can be, by the proof that compares the two.
// test/kernel/golden_test.cc asks the kernel.
//
// To write the tables anew after a change that is meant, and then read the diff like code:
// SELVEDGE_UPDATE_GOLDEN=1 build/test/test_golden
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <gtest/gtest.h>

#include "controller/verify/verify.h"
#include "nft/simulate.h"
#include "nft/text.h"
#include "nft/validate.h"
#include "test/golden/story.h"

namespace selvedge::test {
namespace {

struct NodeOfStory {
  std::string name;
  nft::Table table;
  meaning::Meaning meaning;
};

std::vector<NodeOfStory> nodes_of(const Story& story) {
  std::vector<NodeOfStory> nodes;
  for (const std::string& name : story.nodes)
    nodes.push_back({name, table_of(story, name), meaning::Meaning(viewpoint_of(story, name), story.objects)});
  return nodes;
}

std::string listed(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The comments of the rules of policies that accept the packet, each as it should be among the flow's reasons.
std::vector<std::string> untrue_comments(const nft::Table& table, const nft::Outcome& outcome, const Flow& flow) {
  std::vector<std::string> untrue;
  for (const nft::Step& step : outcome.trace) {
    const nft::Rule& rule = table.chains.at(step.chain).rules[step.rule];
    const bool cut = rule.comment.find('~') != std::string::npos;
    if (!step.chain.starts_with("policy-") || !std::holds_alternative<nft::Accept>(rule.verdict) || cut) continue;
    const auto words = words_of_comment(rule.comment);
    const auto is_true = [&](const std::string& word) { return flow.reasons.contains(word); };
    if (std::none_of(words.begin(), words.end(), is_true)) untrue.push_back(rule.comment);
  }
  return untrue;
}

// What is not as the flow says; empty if all is.
std::vector<std::string> complaints(const std::vector<NodeOfStory>& nodes, const Flow& flow) {
  std::vector<std::string> found;
  bool simulated = true;
  std::vector<meaning::Judgement> judgements;
  for (const NodeOfStory& node : nodes) {
    const auto packet = packet_on(node.name, flow);
    if (!packet) return {packet.error()};
    if (!*packet) continue;
    judgements.push_back(node.meaning.evaluate(**packet));
    const auto outcome = nft::simulate(node.table, **packet);
    simulated = simulated && outcome.accepted;
    if (!flow.allowed) continue;
    for (const auto& comment : untrue_comments(node.table, outcome, flow))
      found.push_back("a rule of " + node.name + " accepts it as \"" + comment + "\"");
  }
  if (judgements.empty()) return {"no node judges it"};
  const bool read = std::all_of(judgements.begin(), judgements.end(), [](const auto& j) { return j.allowed; });
  if (read != flow.allowed) found.push_back(std::string("the reading ") + (read ? "allows" : "denies") + " it");
  if (simulated != flow.allowed) found.push_back(std::string("the rules ") + (simulated ? "accept" : "drop") + " it");
  if (words_for(judgements) != flow.reasons) found.push_back("the reason is: " + listed(words_for(judgements)));
  return found;
}

class Golden : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto read = read_story(GetParam());
    ASSERT_TRUE(read) << read.error();
    story_ = *std::move(read);
  }
  static void TearDownTestSuite() {
    std::cout << "count: golden: " << story_names().size() << " stories, " << flows_ << " flows, " << classes_
              << " classes" << std::endl;
  }

  Story story_;
  static inline std::size_t flows_ = 0;
  static inline std::uint64_t classes_ = 0;
};

TEST_P(Golden, EachNodesTable_IsTheWrittenOne) {
  for (const NodeOfStory& node : nodes_of(story_)) {
    for (const auto& fault : nft::validate(node.table)) ADD_FAILURE() << fault.object << ": " << fault.message;
    const auto golden = story_.directory / (node.name + ".nft");
    if (std::getenv("SELVEDGE_UPDATE_GOLDEN")) std::ofstream(golden) << nft::to_text(node.table);
    EXPECT_EQ(nft::to_text(node.table), text_of(golden)) << golden;
  }
}

TEST_P(Golden, EachFlow_GoesAsWritten_ByReadingAndRules_AndForThatReason) {
  const auto nodes = nodes_of(story_);
  for (const Flow& flow : story_.flows) {
    for (const auto& complaint : complaints(nodes, flow))
      ADD_FAILURE() << "flows.txt:" << flow.line << ": " << flow.text << "\n  " << complaint;
    ++flows_;
  }
  for (const bool allowed : {true, false}) {
    EXPECT_TRUE(
        std::any_of(story_.flows.begin(), story_.flows.end(), [&](const Flow& f) { return f.allowed == allowed; }))
        << "no flow is " << (allowed ? "allowed" : "denied");
  }
}

TEST_P(Golden, EachFlowTurnedRound_IsNoticed) {
  const auto nodes = nodes_of(story_);
  for (Flow flow : story_.flows) {
    flow.allowed = !flow.allowed;
    EXPECT_GE(complaints(nodes, flow).size(), 2U) << flow.text;
  }
}

TEST_P(Golden, EachNodesTable_IsProvenToBeWhatThePoliciesSay) {
  for (const NodeOfStory& node : nodes_of(story_)) {
    const auto proof = verify::verify(node.table, node.meaning);
    for (const auto& fault : proof.faults) ADD_FAILURE() << fault;
    for (const auto& difference : proof.differences)
      ADD_FAILURE() << to_string(difference.packet) << " on " << node.name << ": the rules "
                    << (difference.table.accepted ? "accept" : "drop") << " it";
    EXPECT_TRUE(proof.verified());
    EXPECT_GT(proof.classes, 0U);
    classes_ += proof.classes;
  }
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Stories, Golden, testing::ValuesIn(story_names()), name_of);

}  // namespace
}  // namespace selvedge::test
