// What somebody else does to the table or beside it, and whether it is noticed.
#include <functional>

#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

using DriftTest = ReconcilerBed;

TEST_F(DriftTest, WhatSomebodyEditedInTheTable_IsMendedWithinASecond_AndLoggedOnce) {  // semantics 102
  const std::vector<std::function<void(nft::Table&)>> edits = {
      [](nft::Table& table) { table.chains.at("ingress").rules.clear(); },
      [](nft::Table& table) { table.chains.at("ingress").rules.back().verdict = nft::Accept{}; },
      [](nft::Table& table) { table.maps.at("ingress-v4").elements.clear(); },
      [](nft::Table& table) { table.chains["mine"] = {.base = std::nullopt, .rules = {}}; },
  };
  start();
  for (std::size_t i = 0; i < edits.size(); ++i) {
    lines.clear();
    edit(edits[i]);
    heartbeat();
    EXPECT_EQ(kernel.table("selvedge"), expected()) << i;
    heartbeat();
    EXPECT_EQ(logged("somebody else has changed the table; it will be restored"), 1) << i;
    EXPECT_EQ(metrics.repairs.Value(), static_cast<double>(i + 1));
  }
}

TEST_F(DriftTest, CommitsToOtherTables_CostAComparison_AndNoWrite) {
  start();
  const auto commits = kernel.commits();
  const auto dumps = kernel.dumps();
  ++commits_of_others;
  heartbeat();
  EXPECT_GT(kernel.dumps(), dumps + 1) << "beyond the glance";
  EXPECT_EQ(kernel.commits(), commits);
  EXPECT_EQ(logged("somebody else has changed the table; it will be restored"), 0);
}

TEST_F(DriftTest, ATableThatNobodyElseCanChange_IsComparedOnceInMinutes) {
  shielded = true;
  start();
  edit([](nft::Table& table) { table.chains.at("ingress").rules.clear(); });
  heartbeat();
  EXPECT_NE(kernel.table("selvedge"), expected()) << "it believes what the kernel promises";
  now += seconds(300);
  heartbeat();
  EXPECT_EQ(kernel.table("selvedge"), expected());
}

}  // namespace
}  // namespace selvedge::agent
