// In which order a change takes effect where a packet in flight may meet some of it and not the rest.
#include <gtest/gtest.h>

#include "nft/transaction.h"
#include "nft/transaction_order.h"

namespace selvedge::nft {
namespace {

const KeyType v4 = address_type(Family::v4);

Key pod(std::uint8_t number) {
  return key_of(Address{Family::v4, {10, 244, 1, number}});
}
Element element(std::uint8_t number) {
  return {pod(number), pod(number)};
}
Rule drop() {
  return {{}, "", Drop{}, ""};
}
Rule jump(std::string chain) {
  return {{}, "", Jump{std::move(chain)}, ""};
}
Rule from(std::string set) {
  return {{MatchAddressSet{Side::source, Family::v4, std::move(set)}}, "", Accept{}, ""};
}
Rule anyone() {
  return {{}, "", Accept{}, ""};
}

// Pod 1 is isolated for ingress, and allows who is in set "a" or set "b".
Table table() {
  Table table;
  table.name = "selvedge";
  table.sets["a"] = table.sets["b"] = {v4, false, "", {element(7)}};
  table.maps["egress"] = {v4, "", {}};
  table.maps["ingress"] = {v4, "", {{pod(1), Goto{"pod-1"}}}};
  table.chains["policy-a"] = {{}, {from("a")}};
  table.chains["policy-b"] = {{}, {from("b")}};
  table.chains["pod-1"] = {{}, {jump("policy-a"), jump("policy-b"), drop()}};
  table.chains["captive"] = {{}, {drop()}};
  table.chains["egress"] = {Base{Hook::forward, -10}, {{{}, "", Dispatch{Side::source, Family::v4, "egress"}, ""}}};
  table.chains["ingress"] = {Base{Hook::forward, -5},
                             {{{}, "", Dispatch{Side::destination, Family::v4, "ingress"}, ""}}};
  return table;
}

Changes changes(std::map<std::string, SetChange> sets, std::map<std::string, MapChange> maps = {},
                std::map<std::string, ChainChange> chains = {}) {
  return {.counters = {}, .sets = std::move(sets), .maps = std::move(maps), .chains = std::move(chains)};
}
SetDelta enters(std::uint8_t number) {
  return {.remove = {}, .add = {element(number)}};
}
SetDelta leaves(std::uint8_t number) {
  return {.remove = {element(number)}, .add = {}};
}
MapDelta isolates(std::uint8_t number) {
  return {.remove = {}, .add = {{pod(number), Goto{"captive"}}}};
}
MapDelta releases(std::uint8_t number) {
  return {.remove = {pod(number)}, .add = {}};
}

const Op enters_b = AddElements{"b", {element(2)}, false};
const Op leaves_a = DeleteElements{"a", {element(7)}, false};

TEST(PlanOrder, OfAPodThatGoesFromSetToSet_EntersTheOneBeforeItLeavesTheOther) {
  const auto batches = plan(table(), changes({{"a", leaves(7)}, {"b", enters(7)}}));
  EXPECT_EQ(batches, (std::vector<Batch>{{AddTable{}, AddElements{"b", {element(7)}, false}}, {AddTable{}, leaves_a}}));
}

TEST(PlanOrder, OfAPodThatGoesFromSetToSet_IsTheSame_InASetOfIntervals_AndWhileCommentsChange) {
  Table before = table();
  before.sets["a"].interval = before.sets["b"].interval = true;
  Chain commented = before.chains["ingress"];
  commented.rules[0].comment = "of another version";
  const auto batches = plan(before, changes({{"a", leaves(7)}, {"b", enters(7)}}, {}, {{"ingress", commented}}));
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0], (Batch{AddTable{}, FlushChain{"ingress"}, AddElements{"b", {element(7)}, true},
                               AddRule{"ingress", commented.rules[0]}}));
  EXPECT_EQ(batches[1], (Batch{AddTable{}, DeleteElements{"a", {element(7)}, true}}));
}

TEST(PlanOrder, OfTwoPods_IsOneBatch_ForNoOrderIsRightForAllPackets) {
  EXPECT_EQ(plan(table(), changes({{"a", leaves(7)}, {"b", enters(2)}})).size(), 1U);
}

TEST(PlanOrder, OfAPodThatIsIsolated_IsSoBeforeItEntersASet) {
  const auto batches = plan(table(), changes({{"b", enters(2)}}, {{"egress", isolates(2)}}));
  EXPECT_EQ(batches, (std::vector<Batch>{{AddTable{}, AddMapElements{"egress", {{pod(2), Goto{"captive"}}}}},
                                         {AddTable{}, enters_b}}));
}

TEST(PlanOrder, OfAPodThatIsNoLongerIsolated_IsSoAfterItHasLeftItsSets) {
  Table before = table();
  before.maps["egress"].elements[pod(7)] = Goto{"captive"};
  const auto batches = plan(before, changes({{"a", leaves(7)}}, {{"egress", releases(7)}}));
  EXPECT_EQ(batches, (std::vector<Batch>{{AddTable{}, leaves_a}, {AddTable{}, DeleteMapElements{"egress", {pod(7)}}}}));
}

TEST(PlanOrder, OfAPodThatGoes_LeavesItsSetsWithTheRulesThatItLoses) {
  const auto batches =
      plan(table(), changes({{"a", leaves(1)}}, {}, {{"pod-1", Chain{{}, {jump("policy-a"), drop()}}}}));
  EXPECT_EQ(batches.size(), 1U);
}

TEST(PlanOrder, OfAPodWhoseRulesBothGiveAndTake_IsOneBatch_WhenItEntersAndLeavesSets) {
  const ChainChange other = Chain{{}, {jump("policy-b"), anyone(), drop()}};
  EXPECT_EQ(plan(table(), changes({{"a", enters(1)}}, {}, {{"pod-1", other}})).size(), 2U);
  EXPECT_EQ(plan(table(), changes({{"a", leaves(1)}}, {}, {{"pod-1", other}})).size(), 2U);
  EXPECT_EQ(plan(table(), changes({{"a", leaves(1)}, {"b", enters(1)}}, {}, {{"pod-1", other}})).size(), 1U);
}

TEST(PlanOrder, OfAPolicyThatTurnsBothEndsRound_TakesBeforeItGives) {
  Table before = table();
  before.chains["policy-out"] = {{}, {anyone()}};
  before.chains["captive"] = {{}, {jump("policy-out"), drop()}};
  before.chains["policy-b"] = {};
  const auto batches =
      plan(before, changes({}, {}, {{"policy-b", Chain{{}, {anyone()}}}, {"policy-out", Chain{{}, {}}}}));
  EXPECT_EQ(batches, (std::vector<Batch>{{AddTable{}, FlushChain{"policy-out"}},
                                         {AddTable{}, FlushChain{"policy-b"}, AddRule{"policy-b", anyone()}}}));
}

// Between two commits it would meet the rules that are left, which no longer let it reach itself.
TEST(PlanOrder, OfAnAddressThatIsLedAwayFromAChainWithFewerRules_IsOneBatch) {
  Table before = table();
  before.chains["pod-1"] = {{}, {from("a"), from("b"), drop()}};
  const MapDelta released{.remove = {pod(1)}, .add = {}};
  const auto batches =
      plan(before, changes({{"a", leaves(1)}}, {{"ingress", released}}, {{"pod-1", Chain{{}, {from("b"), drop()}}}}));
  EXPECT_EQ(batches.size(), 1U);
}

// No packet is to meet the new one with what is neither the old state nor the new one; nor may it be forgotten.
TEST(PlanOrder, WhereABaseChainComes_IsOneBatch) {
  Table before = table();
  before.chains["policy-out"] = {{}, {anyone()}};
  before.chains["captive"] = {{}, {jump("policy-out"), drop()}};
  before.chains["policy-b"] = {};
  const Chain late{Base{Hook::output, -10}, {drop()}};
  const auto batches = plan(
      before, changes({}, {}, {{"policy-b", Chain{{}, {anyone()}}}, {"policy-out", Chain{{}, {}}}, {"late", late}}));
  ASSERT_EQ(batches.size(), 1U);
  ASSERT_TRUE(apply(before, batches[0]));
  EXPECT_EQ(before.chains.at("late"), late);
}

TEST(PlanOrder, OfTwoPoliciesOfOneDirection_IsOneBatch_ForAPacketMayNeedTheOneOrTheOther) {
  const auto batches =
      plan(table(), changes({}, {}, {{"policy-a", Chain{{}, {}}}, {"policy-b", Chain{{}, {from("b"), from("a")}}}}));
  EXPECT_EQ(batches.size(), 1U);
}

// Where a guard drops what a map does not know, an address that is let through has an element.
TEST(PlanOrder, OfAPodThatIsOpen_AndBecomesIsolated_AndLeavesASet_TakesFirst) {
  Table guarded = table();
  guarded.maps["egress"].elements.emplace(pod(7), Accept{});
  const MapDelta isolates_7{.remove = {pod(7)}, .add = {{pod(7), Goto{"captive"}}}};
  const auto narrows = plan(guarded, changes({{"a", leaves(7)}}, {{"egress", isolates_7}}));
  EXPECT_EQ(narrows, (std::vector<Batch>{{AddTable{}, DeleteMapElements{"egress", {pod(7)}},
                                          DeleteElements{"a", {element(7)}, false},
                                          AddMapElements{"egress", {{pod(7), Goto{"captive"}}}}}}));
  const auto both = plan(guarded, changes({{"a", leaves(7)}, {"b", enters(7)}}, {{"egress", isolates_7}}));
  ASSERT_EQ(both.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<DeleteMapElements>(both[0][1]));
  EXPECT_TRUE(std::holds_alternative<AddElements>(both[1][1]));
  EXPECT_TRUE(std::holds_alternative<DeleteElements>(both[2][1]));
}

TEST(PlanOrder, OfAPodThatIsOpened_AndEntersASet_GivesLast) {
  Table guarded = table();
  guarded.maps["egress"].elements.emplace(pod(2), Goto{"captive"});
  const MapDelta opens{.remove = {pod(2)}, .add = {{pod(2), Accept{}}}};
  const auto batches = plan(guarded, changes({{"a", leaves(2)}, {"b", enters(2)}}, {{"egress", opens}}));
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<AddElements>(batches[0][1]));
  EXPECT_TRUE(std::holds_alternative<DeleteElements>(batches[1][1]));
  EXPECT_TRUE(std::holds_alternative<DeleteMapElements>(batches[2][1]));
}

// By a drop, or by a chain where it is told first.
Table guarded_table(const Verdict& denied = Drop{}) {
  Table guarded = table();
  guarded.chains["told"] = {{}, {{{}, "", Log{10, 20, 100, "selvedge guard"}, ""}, drop()}};
  const Prefix range{Address{Family::v4, {10, 244, 1, 0}}, 24};
  guarded.chains["egress"].rules.push_back({{MatchAddress{Side::source, range}}, "", denied, ""});
  guarded.chains["ingress"].rules.push_back({{MatchAddress{Side::destination, range}}, "", denied, ""});
  return guarded;
}

TEST(PlanOrder, OfAPodThatTheGuardHeld_GivesLast_ThoughItsRulesIsolate) {
  for (const Verdict& denied : {Verdict(Drop{}), Verdict(Goto{"told"})}) {
    const auto batches =
        plan(guarded_table(denied), changes({{"a", leaves(2)}, {"b", enters(2)}}, {{"egress", isolates(2)}}));
    ASSERT_EQ(batches.size(), 3U);
    EXPECT_EQ(batches[0], (Batch{AddTable{}, enters_b}));
    EXPECT_TRUE(std::holds_alternative<AddMapElements>(batches[2][1]));
  }
}

TEST(PlanOrder, AnIsolatedPodThatGoes_AndOneThatComes_AreNotForOneCommit_WhereAGuardHoldsAddresses) {
  Table free = table(), guarded = guarded_table();
  for (Table* each : {&free, &guarded}) each->maps["egress"].elements.emplace(pod(2), Goto{"captive"});
  const MapDelta comes{.remove = {}, .add = {{pod(8), Accept{}}}};
  const Changes turn = changes({}, {{"egress", releases(2)}, {"ingress", comes}});
  EXPECT_TRUE(is_right_in_place(free, turn)) << "both only let more through";
  EXPECT_FALSE(is_right_in_place(guarded, turn)) << "the one lets nothing through any more";
}

}  // namespace
}  // namespace selvedge::nft
