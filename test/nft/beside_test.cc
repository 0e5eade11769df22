// Changes for which no order in place is right: what packets pass is not touched, its successor comes beside it.
#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "nft/overloaded.h"
#include "nft/programmed.h"
#include "nft/references.h"
#include "nft/transaction_order.h"
#include "test/support/fake_backend.h"

namespace selvedge::nft {
namespace {

const KeyType v4 = address_type(Family::v4);

Key pod(std::uint8_t number) {
  return key_of(Address{Family::v4, {10, 244, 1, number}});
}
Element element(std::uint8_t number) {
  return {pod(number), pod(number)};
}
Rule to(Verdict verdict) {
  return {{}, "", std::move(verdict), ""};
}
Rule from(std::string set) {
  return {{MatchAddressSet{Side::source, Family::v4, std::move(set)}}, "", Accept{}, ""};
}

// Pod 1 may send to all; pod 2 lets nobody in but who is in "peers".
Table table() {
  Table table;
  table.name = "selvedge";
  table.sets["peers"] = {v4, false, "", {element(7)}};
  table.maps["egress"] = {v4, "", {{pod(1), Goto{"pod-1"}}}};
  table.maps["ingress"] = {v4, "", {{pod(2), Goto{"pod-2"}}}};
  table.chains["policy-out"] = {{}, {to(Accept{})}};
  table.chains["policy-in"] = {{}, {from("peers")}};
  table.chains["bystander"] = {{}, {to(Drop{})}};
  table.chains["pod-1"] = {{}, {to(Jump{"policy-out"}), to(Drop{})}};
  table.chains["pod-2"] = {{}, {to(Jump{"policy-in"}), to(Drop{})}};
  table.chains["egress"] = {Base{Hook::forward, -10}, {to(Dispatch{Side::source, Family::v4, "egress"})}};
  table.chains["ingress"] = {Base{Hook::forward, -5}, {to(Dispatch{Side::destination, Family::v4, "ingress"})}};
  return table;
}

// Pod 1 may send to none, and pod 2 lets in pod 1.
Table turned() {
  Table next = table();
  next.chains["policy-out"].rules.clear();
  next.sets["peers"].elements = {element(1)};
  return next;
}

// What packets pass in `table`: its base chains, and all that they lead to.
std::set<std::string> live(const Table& table) {
  std::set<std::string> names;
  for (const auto& [name, chain] : table.chains)
    if (chain.base) names.insert(name);
  for (std::size_t before = 0; before != names.size();) {
    before = names.size();
    for (const auto& [name, chain] : table.chains) {
      if (!names.contains(name)) continue;
      for (const Rule& rule : chain.rules)
        for (const Reference& reference : references_of(rule)) names.emplace(reference.name);
    }
    for (const auto& [name, map] : table.maps) {
      if (!names.contains(name)) continue;
      for (const auto& [key, verdict] : map.elements)
        if (const auto target = target_of(verdict)) names.emplace(*target);
    }
  }
  return names;
}

// Base chains may go: their successors are in force by then.
void expect_untouched(const Table& table, const Batch& batch, const std::set<std::string>& gone) {
  const auto passed = live(table);
  for (const Op& op : batch) {
    const std::string& name = object_of(op);
    const bool leaves_alone = !passed.contains(name) || gone.contains(name);
    EXPECT_TRUE(leaves_alone) << name << " is altered while packets pass it";
  }
}

TEST(Beside, WhatTakesHereAndGivesThere_ComesBesideWhatIsInForce_AndNothingIsTouchedInPlace) {
  test::FakeBackend kernel;
  kernel.put(table());
  Programmed programmed(kernel, "selvedge");
  ASSERT_TRUE(programmed.adopt());
  ASSERT_TRUE(programmed.reconcile(turned()));
  EXPECT_EQ(kernel.table("selvedge"), turned());
  Table state = table();
  for (const Batch& batch : kernel.committed()) {
    const bool removes_bases = std::ranges::any_of(batch, [&](const Op& op) {
      const auto* gone = std::get_if<DeleteChain>(&op);
      return gone && state.chains.at(gone->name).base;
    });
    if (!removes_bases) expect_untouched(state, batch, {});
    ASSERT_TRUE(apply(state, batch));
    EXPECT_EQ(std::ranges::count_if(state.chains, [](const auto& one) { return one.second.base.has_value(); }) % 2, 0);
    EXPECT_TRUE(state.chains.contains("bystander"));
  }
}

TEST(Beside, WhatGoesInPlaceInSomeOrder_DoesSo) {
  test::FakeBackend kernel;
  kernel.put(table());
  Programmed programmed(kernel, "selvedge");
  ASSERT_TRUE(programmed.adopt());
  Table next = table();
  next.sets["peers"].elements = {element(3), element(7)};
  ASSERT_TRUE(programmed.reconcile(next));
  EXPECT_EQ(kernel.committed(), (std::vector<Batch>{{AddTable{}, AddElements{"peers", {element(3)}, false}}}));
}

TEST(Beside, WhatTheKernelRefusesThere_IsBlamedByItsOwnName) {
  test::FakeBackend kernel;
  kernel.put(table());
  Programmed programmed(kernel, "selvedge");
  ASSERT_TRUE(programmed.adopt());
  kernel.fail_commit({.error = {.kind = Error::Kind::refused, .code = 22, .op = 1, .message = "no"}});
  const auto written = programmed.reconcile(turned());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().object, "peers");
}

TEST(Beside, IsNoNeed_WhereChangesOnlyGive_OnlyTake_OrAreInOnePlace) {
  const auto right = [](const Table& next) { return is_right_in_place(table(), diff(table(), next)); };
  Table gives = table();
  gives.sets["peers"].elements.push_back(element(8));
  gives.chains["pod-2"].rules.insert(gives.chains["pod-2"].rules.begin(), from("peers"));
  EXPECT_TRUE(right(gives));
  Table takes = table();
  takes.sets["peers"].elements.clear();
  takes.chains["policy-out"].rules.clear();
  EXPECT_TRUE(right(takes));
  Table one = table();
  one.chains["pod-2"].rules = {from("peers"), to(Drop{})};
  EXPECT_TRUE(right(one));
  Table two = one;
  two.chains["pod-1"].rules = {to(Goto{"policy-in"})};
  EXPECT_FALSE(right(two));
  EXPECT_FALSE(right(turned()));
}

}  // namespace
}  // namespace selvedge::nft
