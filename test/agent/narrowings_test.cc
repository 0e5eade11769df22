// What is cut when rules change: by orders to a cutter that only writes them down.
#include <algorithm>

#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

class NotingCutter final : public Cutting {
 public:
  Time ready_at() const override { return ready; }
  void carry_out(CuttingOrder order) override { orders.push_back(std::move(order)); }
  std::string fault() const override { return why_not; }

  Time ready{};
  std::string why_not;
  std::vector<CuttingOrder> orders;
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
  // Pod api is under a policy that lets pod web in; pod web is elsewhere.
  void begin() { feed(cutting); }
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
  bool suspects(const char* address) {
    const nft::Table held = table();
    const auto set = held.sets.find("suspects-ingress-v4");
    const nft::Key key = nft::key_of(at(address));
    return set != held.sets.end() &&
           std::ranges::any_of(set->second.elements, [&](const nft::Element& element) { return element.first == key; });
  }
};

TEST_F(NarrowingsTest, AtTheStart_EverythingIsJudged_ByTheRulesInForce) {  // semantics 96
  begin();
  ASSERT_EQ(cutter.orders.size(), 1U);
  EXPECT_TRUE(cutter.orders[0].narrowed.anyone);
  EXPECT_EQ(cutter.orders[0].neighbourhood.pods, std::set{at("10.244.1.5")});
  EXPECT_EQ(cutter.orders[0].rules.outline.chains.size(), table().chains.size());
  EXPECT_TRUE(suspects("10.244.1.5"));
}

TEST_F(NarrowingsTest, APeerThatGoes_PutsThoseInDoubtWhomItReached_AfterTheRulesAgainstRevivalAreInForce) {
  begin();
  cutter.orders.clear();
  forget(Kind::pod, "web");
  cutting.settle();
  ASSERT_EQ(cutter.orders.size(), 1U);
  EXPECT_EQ(cutter.orders[0].narrowed, (nft::Narrowing{.anyone = false, .addresses = {at("10.244.1.5")}}));
  EXPECT_TRUE(cutter.orders[0].rules.outline.sets.contains("suspects-ingress-v4"));
}

TEST_F(NarrowingsTest, APeerThatComes_PutsNobodyInDoubt) {
  begin();
  cutter.orders.clear();
  k8s::Pod more = pod("web-1", "10.244.2.8");
  more.node = "node-b";
  more.meta.labels = {{"app", "web"}};
  tell(more);
  cutting.settle();
  EXPECT_TRUE(cutter.orders.empty());
}

TEST_F(NarrowingsTest, APodThatGoes_ReleasesItsAddresses_ButNotThoseThatAnotherHas) {  // semantics 97
  begin();
  k8s::Pod more = pod("more", "10.244.1.6");
  tell(more);
  cutting.settle();
  cutter.orders.clear();
  forget(Kind::pod, "api");
  forget(Kind::pod, "more");
  tell(pod("heir", "10.244.1.6"));
  cutting.settle();
  ASSERT_EQ(cutter.orders.size(), 1U);
  EXPECT_EQ(cutter.orders[0].released, std::set{at("10.244.1.5")});
}

TEST_F(NarrowingsTest, APodThatNoPolicyIsolates_ReleasesItsAddresses_ThoughNoRuleChanges) {  // semantics 97
  begin();
  k8s::Pod open = pod("open", "10.244.1.8");
  open.meta.labels = {};
  tell(open);
  cutting.settle();
  cutter.orders.clear();
  forget(Kind::pod, "open");
  cutting.settle();
  ASSERT_EQ(cutter.orders.size(), 1U);
  EXPECT_EQ(cutter.orders[0].released, std::set{at("10.244.1.8")});
}

TEST_F(NarrowingsTest, WhileNothingMayBeWritten_NoSuspicionThatEndsWakesAnybody) {
  begin();
  forget(Kind::pod, "web");
  cutting.settle();
  ASSERT_TRUE(suspects("10.244.1.5"));
  cutting.take(k8s::Deleted{Kind::node, {"", "node-a"}});
  now += Narrowings::suspicion + std::chrono::minutes(1);
  cutting.settle();
  const auto wake = cutting.wake();
  EXPECT_TRUE(!wake || *wake > now);
}

TEST_F(NarrowingsTest, WhileTheCutterIsBusy_WhatIsInDoubtIsKept_AndThenHandedOverAtOnce) {
  begin();
  cutter.orders.clear();
  cutter.ready = Time::max();
  forget(Kind::pod, "web");
  cutting.settle();
  forget(Kind::network_policy, "policy");
  cutting.settle();
  EXPECT_TRUE(cutter.orders.empty());
  EXPECT_LE(cutting.wake().value_or(Time::max()), now + seconds(1));
  cutter.ready = now;
  cutting.settle();
  ASSERT_EQ(cutter.orders.size(), 1U);
  EXPECT_FALSE(cutter.orders[0].narrowed.empty());
}

TEST_F(NarrowingsTest, Suspicion_EndsAfterSixteenMinutes_AndLeavesTheTableAsItWas) {
  begin();
  EXPECT_TRUE(suspects("10.244.1.5"));
  now += std::chrono::minutes(15);
  cutting.settle();
  EXPECT_TRUE(suspects("10.244.1.5"));
  ASSERT_TRUE(cutting.wake());
  now = *cutting.wake();
  cutting.settle();
  EXPECT_FALSE(table().sets.contains("suspects-ingress-v4"));
  EXPECT_FALSE(table().counters.contains("deny-revival"));
  EXPECT_TRUE(cutting.readiness().ready());
}

TEST_F(NarrowingsTest, ASuccessor_AdoptsTheSuspects_WithoutWriting) {
  begin();
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
  ASSERT_EQ(other.orders.size(), 1U);
  EXPECT_TRUE(other.orders[0].narrowed.anyone);
  now += std::chrono::minutes(15);
  successor.settle();
  EXPECT_TRUE(suspects("10.244.1.5"));
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
