#include "nft/chain_effect.h"

#include <gtest/gtest.h>

#include "nft/transaction_order.h"

namespace selvedge::nft {
namespace {

Rule rule(Verdict verdict) {
  return {{}, "", std::move(verdict), ""};
}
Rule port(std::uint16_t number, Verdict verdict = Accept{}) {
  return {{MatchPort{6, {{number, number}}}}, "", std::move(verdict), ""};
}
Rule log() {
  return rule(Log{.rate = 10, .burst = 20, .group = 100, .prefix = "selvedge"});
}
Chain chain(std::vector<Rule> rules) {
  return {.base = std::nullopt, .rules = std::move(rules)};
}

const Chain denies = chain({port(1), rule(Jump{"policy"}), rule(Drop{})});
const Chain told = chain({port(1), rule(Jump{"policy"}), log(), rule(Accept{})});  // audited

TEST(ChainEffect, OfFewerRulesBeforeADrop_OrAmongAccepts_IsToNarrow) {
  const Chain fewer = chain({port(1), rule(Drop{})});
  EXPECT_EQ(effect_of(denies, fewer), Effect::narrows);
  EXPECT_EQ(effect_of(fewer, denies), Effect::widens);
  EXPECT_EQ(effect_of(chain({port(1), port(2)}), chain({port(2)})), Effect::narrows);
  EXPECT_EQ(effect_of(chain({port(2)}), chain({port(1), port(2)})), Effect::widens);
  EXPECT_EQ(effect_of(chain({port(1), rule(Drop{})}), chain({port(2), rule(Drop{})})), Effect::both);
}

TEST(ChainEffect, OfAWayToAChainThatDrops_IsNotThatOfOneMoreAccept) {
  const Chain denied = chain({port(1), rule(Goto{"denied-vxlan"})});
  EXPECT_EQ(effect_of(chain({port(1)}), denied), Effect::both);
  EXPECT_EQ(effect_of(denied, chain({port(1)})), Effect::both);
}

TEST(ChainEffect, OfCountersCommentsAndLogs_IsNone) {
  Chain other = denies;
  other.rules[0].comment = "why";
  other.rules[0].counter = "allow";
  other.rules.insert(other.rules.end() - 1, log());
  EXPECT_EQ(effect_of(denies, other), Effect::none);
  EXPECT_EQ(effect_of(other, denies), Effect::none);
  Chain fewer = other;
  fewer.rules.erase(fewer.rules.begin());
  EXPECT_EQ(effect_of(denies, fewer), Effect::narrows);
}

TEST(ChainEffect, OfDenialsThatAreOnlyTold_IsToWiden_WhateverElseChanges) {
  const Chain otherwise = chain({port(7), rule(Drop{})});
  EXPECT_EQ(effect_of(denies, told), Effect::widens);
  EXPECT_EQ(effect_of(otherwise, told), Effect::widens);
  EXPECT_EQ(effect_of(told, otherwise), Effect::narrows);
  EXPECT_EQ(effect_of(told, chain({port(7), rule(Accept{})})), Effect::none);
}

TEST(ChainEffect, OfAChainThatDropsOrReturnsBeforeItsLastAccept_IsNotThatOfOneThatLetsAllThrough) {
  EXPECT_TRUE(lets_all_through(told));
  EXPECT_FALSE(lets_all_through(chain({port(1, Drop{}), rule(Accept{})})));
  EXPECT_FALSE(lets_all_through(chain({port(1, Return{}), rule(Accept{})})));
  EXPECT_FALSE(lets_all_through(chain({port(1)})));
  EXPECT_FALSE(lets_all_through(chain({})));
  EXPECT_EQ(effect_of(denies, chain({port(1, Drop{}), rule(Accept{})})), Effect::both);
}

TEST(ChainEffect, OfAChainThatDropsAll_IsThatOfNoneThatLetsAnyThroughBefore) {
  EXPECT_TRUE(drops_all(chain({log(), rule(Drop{})})));
  EXPECT_TRUE(drops_all(chain({port(1, Drop{}), rule(Drop{})})));
  EXPECT_FALSE(drops_all(denies));
  EXPECT_FALSE(drops_all(chain({port(1, Return{}), rule(Drop{})})));
  EXPECT_FALSE(drops_all(chain({port(1, Drop{})})));
}

// ---- and so of whole changes --------------------------------------------------------------

const KeyType v4 = address_type(Family::v4);
const Key address = key_of(*parse_address("10.244.1.5"));

Table table_with(const Chain& egress, const Chain& ingress) {
  Table table;
  table.name = "selvedge";
  table.maps["egress"] = {v4, "", {{address, Goto{"pod-egress"}}}};
  table.maps["ingress"] = {v4, "", {{address, Goto{"pod-ingress"}}}};
  table.chains["policy"] = chain({port(80)});
  table.chains["pod-egress"] = egress;
  table.chains["pod-ingress"] = ingress;
  table.chains["egress"] = {Base{Hook::forward, -10}, {rule(Dispatch{Side::source, Family::v4, "egress"})}};
  table.chains["ingress"] = {Base{Hook::forward, -5}, {rule(Dispatch{Side::destination, Family::v4, "ingress"})}};
  return table;
}

bool in_place(const Table& from, const Table& to) {
  return is_right_in_place(from, diff(from, to));
}

TEST(ChainEffect, OfAuditOnBothWays_IsRightInPlace_AndOfItsEnd) {
  EXPECT_TRUE(in_place(table_with(denies, denies), table_with(told, told)));
  EXPECT_TRUE(in_place(table_with(told, told), table_with(denies, denies)));
}

TEST(ChainEffect, OfAuditThatComesForOneAndGoesForAnother_IsInOrder_TheTakingFirst) {
  const Table before = table_with(told, denies), after = table_with(denies, told);
  const auto parts = parts_in_order(before, diff(before, after));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_TRUE(parts[0].chains.contains("pod-egress"));
  EXPECT_TRUE(parts[1].chains.contains("pod-ingress"));
}

// Where an address is led to while that changes, what it gets is not told by the one chain or the other.
TEST(ChainEffect, OfAnAddressThatIsLedToAChainWhoseAuditEnds_IsNotRightInPlace) {
  Table before = table_with(told, told), after = table_with(denies, denies);
  before.maps["egress"].elements.clear();
  before.maps["ingress"].elements[key_of(*parse_address("10.244.1.6"))] = Goto{"pod-ingress"};
  EXPECT_FALSE(in_place(before, after));
  after = table_with(told, told);
  after.maps["ingress"].elements[key_of(*parse_address("10.244.1.6"))] = Goto{"pod-ingress"};
  EXPECT_TRUE(in_place(before, after));
}

}  // namespace
}  // namespace selvedge::nft
