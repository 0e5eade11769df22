// What is cut when rules change: by orders to a cutter that only writes them down.
#include <algorithm>

#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

// The next outcome is told when it is asked for.
class NotingCutter final : public Cutting {
 public:
  Time ready_at() const override { return ready; }
  void find(CuttingOrder order) override { searches.push_back(std::move(order)); }
  void remove(CuttingOrder order) override { removals.push_back(std::move(order)); }
  std::optional<CuttingOutcome> take_outcome() override { return std::exchange(outcome, std::nullopt); }
  std::string fault() const override { return why_not; }

  Time ready{};
  std::string why_not;
  std::optional<CuttingOutcome> outcome;
  std::vector<CuttingOrder> searches, removals;
};

nft::Address at(const char* text) {
  return *nft::parse_address(text);
}

class NarrowingsTest : public ReconcilerBed {
 protected:
  NotingCutter cutter;
  Reconciler cutting{{.node = "node-a"},
                     kernel,
                     [this] { return glimpse(); },
                     [this] { return now; },
                     [this](const LogLine& line) { lines.push_back(line); },
                     metrics,
                     &cutter};

  void tell(const k8s::Object& object) { cutting.take(k8s::Upserted{object, {}}); }
  void forget(k8s::Kind kind, const std::string& name) { cutting.take(k8s::Deleted{kind, {"shop", name}}); }
  void hear(CuttingOutcome outcome) {
    cutter.outcome = std::move(outcome);
    cutting.settle();
  }
  // A connection of pod api's that the rules forbid, of whose ends it is the isolated one.
  void find_one() { hear({.found = 1, .ends = {.of = {std::set{at("10.244.1.5")}, {}}}}); }
  void find_none() { hear({}); }
  // Pod api is under a policy that lets pod web in; pod web is elsewhere. What the start puts in doubt is done with.
  void begin() {
    feed(cutting);
    find_none();
    now += Narrowings::second_look;
    cutting.settle();
    find_none();
    cutter.searches.clear();
  }
  static void feed(Reconciler& reader) {
    k8s::Pod web = pod("web", "10.244.2.7");
    web.node = "node-b";
    k8s::NetworkPolicy policy = deny_all("policy");
    policy.pod_selector.match_labels = {{"app", "api"}};
    k8s::Peer peer;
    peer.pod_selector = k8s::LabelSelector{.match_labels = {{"app", "web"}}, .match_expressions = {}};
    policy.ingress.push_back({});
    policy.ingress[0].peers.push_back(peer);
    for (const k8s::Object& object : {k8s::Object(shop()), k8s::Object(node("node-a")),
                                      k8s::Object(pod("api", "10.244.1.5")), k8s::Object(web), k8s::Object(policy)})
      reader.take(k8s::Upserted{object, {}});
    for (const Kind kind : {Kind::pod, Kind::ns, Kind::node, Kind::network_policy}) reader.take(k8s::Synced{kind});
    reader.settle();
  }
  nft::Table table() { return *kernel.table("selvedge"); }
  bool suspects(const char* address, const char* name = "suspects-ingress-v4") {
    const nft::Table held = table();
    const auto set = held.sets.find(name);
    const nft::Key key = nft::key_of(at(address));
    return set != held.sets.end() &&
           std::ranges::any_of(set->second.elements, [&](const nft::Element& element) { return element.first == key; });
  }
};

TEST_F(NarrowingsTest, AtTheStart_EverythingIsJudged_ByTheRulesInForce_AndNothingIsWrittenForIt) {  // semantics 96
  feed(cutting);
  const std::uint64_t commits = kernel.commits();
  ASSERT_EQ(cutter.searches.size(), 1U);
  EXPECT_TRUE(cutter.searches[0].about.narrowed.anyone);
  EXPECT_EQ(cutter.searches[0].neighbourhood.pods, std::set{at("10.244.1.5")});
  EXPECT_EQ(cutter.searches[0].rules.outline.chains.size(), table().chains.size());
  find_none();
  EXPECT_TRUE(cutter.removals.empty());
  EXPECT_EQ(kernel.commits(), commits);
}

TEST_F(NarrowingsTest, WhatIsFound_IsRemoved_WhenTheRulesAgainstItsRevivalAreInForce) {
  feed(cutting);
  EXPECT_FALSE(suspects("10.244.1.5"));
  find_one();
  EXPECT_TRUE(suspects("10.244.1.5"));
  ASSERT_EQ(cutter.removals.size(), 1U);
  EXPECT_TRUE(cutter.removals[0].rules.outline.sets.contains("suspects-ingress-v4"));
}

TEST_F(NarrowingsTest, WhereTheRulesAgainstRevivalAreRefused_NothingIsRemoved_UntilTheyAreInForce) {
  feed(cutting);
  kernel.fail_commit({.error = busy});
  find_one();
  EXPECT_TRUE(cutter.removals.empty());
  now += std::chrono::minutes(1);
  cutting.settle();
  EXPECT_TRUE(suspects("10.244.1.5"));
  EXPECT_EQ(cutter.removals.size(), 1U);
}

TEST_F(NarrowingsTest, WhatIsRemovedByOtherRulesThanFoundIt_HasTheEndSuspectedThatIsIsolatedThen) {
  feed(cutting);
  tell(pod("caller", "10.244.1.9"));
  cutting.settle();
  forget(Kind::network_policy, "policy");
  k8s::NetworkPolicy other = deny_all("other");
  other.pod_selector.match_labels = {{"app", "caller"}};
  other.ingress_isolates = false;
  other.egress_isolates = true;
  tell(other);
  hear({.found = 1, .ends = {.of = {std::set{at("10.244.1.5")}, std::set{at("10.244.1.9")}}}});
  EXPECT_FALSE(suspects("10.244.1.5"));
  EXPECT_TRUE(suspects("10.244.1.9", "suspects-egress-v4"));
  ASSERT_EQ(cutter.removals.size(), 1U);
  EXPECT_TRUE(cutter.removals[0].rules.outline.sets.contains("suspects-egress-v4"));
}

TEST_F(NarrowingsTest, WhatIsFoundOverAnUnalteredTable_HasItsEndsSuspectedToo) {
  feed(cutting);
  const std::uint64_t commits = kernel.commits();
  NotingCutter other;
  Reconciler successor{{.node = "node-a"},
                       kernel,
                       [this] { return glimpse(); },
                       [this] { return now; },
                       [](const LogLine&) {},
                       metrics,
                       &other};
  feed(successor);
  EXPECT_EQ(kernel.commits(), commits);
  EXPECT_FALSE(suspects("10.244.1.5"));
  other.outcome = CuttingOutcome{.found = 1, .ends = {.of = {std::set{at("10.244.1.5")}, {}}}};
  successor.settle();
  EXPECT_TRUE(suspects("10.244.1.5"));
  EXPECT_EQ(other.removals.size(), 1U);
}

TEST_F(NarrowingsTest, WhatIsAllowedAgainMeanwhile_IsRemovedByTheRulesOfThen) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  forget(Kind::network_policy, "policy");
  find_one();
  ASSERT_EQ(cutter.removals.size(), 1U);
  const Suspects ends{.of = {std::set{at("10.244.1.5")}, {}}};
  EXPECT_FALSE(isolated_among(ends, cutter.searches[0].rules.outline).empty());
  EXPECT_TRUE(isolated_among(ends, cutter.removals[0].rules.outline).empty());
}

TEST_F(NarrowingsTest, ASecondLater_ItLooksAgain_ByTheRulesOfThen_AndNotAThirdTime) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  find_none();
  ASSERT_EQ(cutter.searches.size(), 1U);
  k8s::Pod more = pod("web-1", "10.244.2.8");
  more.node = "node-b";
  more.meta.labels = {{"app", "web"}};
  tell(more);
  cutting.settle();
  EXPECT_EQ(cutting.wake(), now + Narrowings::second_look);
  now += Narrowings::second_look;
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 2U);
  EXPECT_EQ(cutter.searches[1].about.narrowed, cutter.searches[0].about.narrowed);
  EXPECT_NE(cutter.searches[1].rules.elements, cutter.searches[0].rules.elements);
  find_none();
  EXPECT_FALSE(cutting.wake());
}

TEST_F(NarrowingsTest, WhatHadBegunAnew_IsLookedForAgainASecondLater_UntilNothingHas) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  find_one();
  hear({});
  for (std::size_t looks = 2; looks < 5; ++looks) {
    now += Narrowings::second_look;
    cutting.settle();
    ASSERT_EQ(cutter.searches.size(), looks);
    find_one();
    hear({.revived = true});
  }
  now += Narrowings::second_look;
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 5U);
  find_none();
  now += Narrowings::second_look;
  cutting.settle();
  EXPECT_EQ(cutter.searches.size(), 5U);
}

TEST_F(NarrowingsTest, WhatFailed_IsTriedAgainAfterFiveSeconds_UntilItSucceeds) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  for (std::size_t tries = 1; tries <= 3; ++tries) {
    ASSERT_EQ(cutter.searches.size(), tries);
    EXPECT_EQ(cutter.searches.back().about.narrowed, cutter.searches[0].about.narrowed);
    hear({.failed = true});
    EXPECT_EQ(cutting.wake(), now + Narrowings::after_a_failure);
    now += Narrowings::after_a_failure - milliseconds(1);
    cutting.settle();
    EXPECT_EQ(cutter.searches.size(), tries);
    now += milliseconds(1);
    cutting.settle();
  }
  find_none();
  EXPECT_FALSE(cutting.wake());
}

TEST_F(NarrowingsTest, ARemovalThatFailed_BeginsWithAnotherSearchAfterFiveSeconds) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  find_one();
  ASSERT_EQ(cutter.removals.size(), 1U);
  hear({.failed = true});
  now += Narrowings::after_a_failure;
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 2U);
  EXPECT_EQ(cutter.searches[1].about.narrowed, cutter.searches[0].about.narrowed);
}

TEST_F(NarrowingsTest, WhereMoreIsToBeFoundThanIsKept_ItLooksAgainAtOnce_UntilAllIsFound) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  hear({.found = 3, .all = false});
  ASSERT_EQ(cutter.removals.size(), 1U);
  find_none();  // removed
  ASSERT_EQ(cutter.searches.size(), 2U);
  EXPECT_EQ(cutter.searches[1].about.narrowed, cutter.searches[0].about.narrowed);
  hear({.found = 3});
  ASSERT_EQ(cutter.removals.size(), 2U);
  find_none();
  EXPECT_EQ(cutter.searches.size(), 2U);
}

TEST_F(NarrowingsTest, APeerThatGoes_PutsThoseInDoubtWhomItReached) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  EXPECT_EQ(cutter.searches[0].about.narrowed, (nft::Narrowing{.anyone = false, .addresses = {at("10.244.1.5")}}));
}

TEST_F(NarrowingsTest, APeerThatComes_PutsNobodyInDoubt) {
  begin();
  k8s::Pod more = pod("web-1", "10.244.2.8");
  more.node = "node-b";
  more.meta.labels = {{"app", "web"}};
  tell(more);
  cutting.settle();
  EXPECT_TRUE(cutter.searches.empty());
}

TEST_F(NarrowingsTest, APodThatGoes_ReleasesItsAddresses_ButNotThoseThatAnotherHas) {  // semantics 97
  begin();
  k8s::Pod more = pod("more", "10.244.1.6");
  tell(more);
  cutting.settle();
  ASSERT_TRUE(cutter.searches.empty());
  forget(Kind::pod, "api");
  forget(Kind::pod, "more");
  tell(pod("heir", "10.244.1.6"));
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  EXPECT_EQ(cutter.searches[0].about.released, std::set{at("10.244.1.5")});
}

TEST_F(NarrowingsTest, APodThatNoPolicyIsolates_ReleasesItsAddresses_ThoughNoRuleChanges) {  // semantics 97
  begin();
  k8s::Pod open = pod("open", "10.244.1.8");
  open.meta.labels = {};
  tell(open);
  cutting.settle();
  ASSERT_TRUE(cutter.searches.empty());
  forget(Kind::pod, "open");
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  EXPECT_EQ(cutter.searches[0].about.released, std::set{at("10.244.1.8")});
}

TEST_F(NarrowingsTest, WhileNothingMayBeWritten_NoSuspicionThatEndsWakesAnybody) {
  feed(cutting);
  find_one();
  ASSERT_TRUE(suspects("10.244.1.5"));
  cutting.take(k8s::Deleted{Kind::node, {"", "node-a"}});
  now += Narrowings::suspicion + std::chrono::minutes(1);
  cutting.settle();
  const auto wake = cutting.wake();
  EXPECT_TRUE(!wake || *wake > now);
}

TEST_F(NarrowingsTest, WhileTheCutterIsBusy_WhatIsInDoubtIsKept_AndThenHandedOverAtOnce) {
  begin();
  cutter.ready = now + seconds(3);
  forget(Kind::pod, "web");
  cutting.settle();
  EXPECT_TRUE(cutter.searches.empty());
  EXPECT_EQ(cutting.wake(), cutter.ready);
  now = cutter.ready;
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  forget(Kind::network_policy, "policy");
  cutting.settle();
  EXPECT_EQ(cutter.searches.size(), 1U);
  find_none();
  EXPECT_EQ(cutter.searches.size(), 2U);
}

TEST_F(NarrowingsTest, AnAddressThatAnotherPodGetsMeanwhile_IsReleasedNoLonger) {  // semantics 97
  begin();
  forget(Kind::pod, "api");
  cutting.settle();
  ASSERT_EQ(cutter.searches.size(), 1U);
  tell(pod("heir", "10.244.1.5"));
  hear({.found = 1});
  ASSERT_EQ(cutter.removals.size(), 1U);
  EXPECT_TRUE(cutter.removals[0].about.released.empty());
}

TEST_F(NarrowingsTest, Suspicion_EndsAfterSixteenMinutes_AndLeavesTheTableAsItWas) {
  feed(cutting);
  const nft::Table before = table();
  find_one();
  find_none();
  EXPECT_TRUE(suspects("10.244.1.5"));
  now += std::chrono::minutes(15);
  cutting.settle();
  EXPECT_TRUE(suspects("10.244.1.5"));
  ASSERT_TRUE(cutting.wake());
  now = *cutting.wake();
  cutting.settle();
  EXPECT_EQ(table(), before);
  EXPECT_TRUE(cutting.readiness().ready());
}

TEST_F(NarrowingsTest, ASuccessor_AdoptsTheSuspects_WithoutWriting) {
  feed(cutting);
  find_one();
  const std::uint64_t commits = kernel.commits();
  NotingCutter other;
  Reconciler successor{{.node = "node-a"},
                       kernel,
                       [this] { return glimpse(); },
                       [this] { return now; },
                       [](const LogLine&) {},
                       metrics,
                       &other};
  feed(successor);
  EXPECT_EQ(kernel.commits(), commits);
  ASSERT_EQ(other.searches.size(), 1U);
  EXPECT_TRUE(other.searches[0].about.narrowed.anyone);
  now += std::chrono::minutes(15);
  successor.settle();
  EXPECT_TRUE(suspects("10.244.1.5"));
}

TEST_F(NarrowingsTest, WhoIsIsolatedNoLonger_IsSuspectedNoLonger) {
  feed(cutting);
  find_one();
  ASSERT_TRUE(suspects("10.244.1.5"));
  forget(Kind::network_policy, "policy");
  cutting.settle();
  EXPECT_FALSE(suspects("10.244.1.5"));
}

TEST_F(NarrowingsTest, WhyNothingIsCut_IsAWarning_AndNoReasonToBeUnready) {
  begin();
  cutter.why_not = "conntrack: no privilege";
  const Readiness readiness = cutting.readiness();
  EXPECT_TRUE(readiness.ready());
  ASSERT_EQ(readiness.warnings.size(), 1U);
  EXPECT_NE(readiness.warnings[0].find("no privilege"), std::string::npos);
}

}  // namespace
}  // namespace selvedge::agent
