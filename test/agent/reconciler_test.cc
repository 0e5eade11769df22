// When the kernel is written, and when it must be left alone.
#include <algorithm>

#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

using ReconcilerTest = ReconcilerBed;

TEST_F(ReconcilerTest, OnceAllIsKnown_WritesWhatTheCoreSays_AndIsReady) {
  EXPECT_FALSE(reconciler.readiness().ready());
  start();
  EXPECT_EQ(kernel.table("selvedge"), expected());
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
  EXPECT_EQ(logged("rules are in force"), 1);
}

TEST_F(ReconcilerTest, BeforeEveryWatchHasSynced_WritesNothing_InWhateverOrderTheySync) {  // semantics 107
  std::vector<Kind> order = {Kind::pod, Kind::ns, Kind::node, Kind::network_policy};
  std::sort(order.begin(), order.end());
  do {
    test::FakeBackend fresh;
    fresh.put(left_over());
    Reconciler one(
        {.node = "node-a"}, fresh, [] { return std::nullopt; }, [this] { return now; }, [](const LogLine&) {}, metrics);
    for (const k8s::Object& object : {k8s::Object(shop()), k8s::Object(node("node-a")),
                                      k8s::Object(pod("api", "10.244.1.5")), k8s::Object(deny_all("deny"))})
      one.take(k8s::Upserted{object, {}});
    for (std::size_t i = 0; i < order.size(); ++i) {
      one.settle();
      EXPECT_EQ(fresh.commits(), 0U) << i;
      EXPECT_EQ(fresh.table("selvedge"), left_over());
      EXPECT_EQ(one.readiness().reasons.size(), order.size() - i);
      one.take(k8s::Synced{order[i]});
    }
    one.settle();
    EXPECT_EQ(fresh.table("selvedge"), expected());
    EXPECT_TRUE(one.readiness().ready());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(ReconcilerTest, UnderAWrongName_ChangesNoRule_AndSaysSo) {  // semantics 103
  kernel.put(left_over());
  start("node-b");
  EXPECT_EQ(kernel.commits(), 0U);
  EXPECT_EQ(kernel.table("selvedge"), left_over());
  EXPECT_TRUE(says("there is no Node \"node-a\"")) << reasons();
  EXPECT_TRUE(says("--node")) << reasons();
}

TEST_F(ReconcilerTest, AfterARestart_AdoptsWhatIsThere_AndWritesOnlyWhatDiffers) {
  kernel.put(expected());
  start();
  EXPECT_EQ(kernel.commits(), 0U);
  EXPECT_TRUE(reconciler.readiness().ready());
}

TEST_F(ReconcilerTest, AfterTheStart_WritesOnlyTheChange_WithoutReadingTheTableAgain) {
  start();
  const auto dumps = kernel.dumps();
  const auto commits = kernel.commits();
  up(pod("web", "10.244.1.6"));
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected({pod("web", "10.244.1.6")}));
  EXPECT_GT(kernel.commits(), commits);
  EXPECT_EQ(kernel.dumps(), dumps + 1) << "the glance alone";
}

TEST_F(ReconcilerTest, WithNothingNew_WritesAndLogsNothing) {
  start();
  lines.clear();
  const auto commits = kernel.commits();
  up(pod("api", "10.244.1.5"));
  up(deny_all("deny"));
  sync(Kind::pod);
  now += seconds(60);
  reconciler.look();
  reconciler.settle();
  EXPECT_EQ(kernel.commits(), commits);
  EXPECT_TRUE(std::all_of(lines.begin(), lines.end(), [](const LogLine& l) { return l.level == LogLevel::debug; }));
  EXPECT_EQ(reconciler.wake(), std::nullopt);
}

TEST_F(ReconcilerTest, AnAppliedPolicy_IsLoggedByName) {
  start();
  lines.clear();
  k8s::NetworkPolicy both = deny_all("deny");
  both.egress_isolates = true;
  up(both);
  reconciler.settle();
  up(deny_all("second"));
  up(both);  // as when the list is fetched anew
  reconciler.settle();
  ASSERT_EQ(logged("policy applied"), 2);
  EXPECT_EQ(lines[0].fields[0], (std::pair<std::string, std::string>("policy", "shop/deny")));
  reconciler.take(k8s::Deleted{Kind::network_policy, {"shop", "deny"}});
  reconciler.settle();
  EXPECT_EQ(logged("policy removed"), 1);
}

TEST_F(ReconcilerTest, AFailedWrite_IsReadBackAndWrittenAgain_AfterAWait) {
  start();
  kernel.fail_commit({.error = busy, .skip = 0, .done = false});
  up(pod("web", "10.244.1.6"));
  reconciler.settle();
  EXPECT_TRUE(says("table inet selvedge: busy")) << reasons();
  ASSERT_TRUE(reconciler.wake());
  EXPECT_GE(*reconciler.wake(), now + milliseconds(75));
  EXPECT_LE(*reconciler.wake(), now + milliseconds(100));

  const auto dumps = kernel.dumps();
  reconciler.settle();
  EXPECT_EQ(kernel.dumps(), dumps) << "it was too early";
  now = *reconciler.wake();
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected({pod("web", "10.244.1.6")}));
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
}

TEST_F(ReconcilerTest, AWriteWhoseAnswerIsLost_IsReadBack_AndNotDoneTwice) {
  start();
  kernel.fail_commit({.error = {.kind = nft::Error::Kind::unknown, .code = 105, .op = std::nullopt, .message = "lost"},
                      .skip = 0,
                      .done = true});
  up(pod("web", "10.244.1.6"));
  reconciler.settle();
  EXPECT_TRUE(says("lost")) << reasons();
  now = *reconciler.wake();
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected({pod("web", "10.244.1.6")}));
  EXPECT_TRUE(reconciler.readiness().ready());
}

TEST_F(ReconcilerTest, AWriteThatFailsAmidItsBatches_EndsInTheRightTable) {
  start();
  reconciler.take(k8s::Deleted{Kind::network_policy, {"shop", "deny"}});
  kernel.fail_commit({.error = busy, .skip = 1, .done = false});
  reconciler.settle();
  now += seconds(60);
  reconciler.settle();
  Core core({.node = "node-a"});
  for (const k8s::Object& object :
       {k8s::Object(shop()), k8s::Object(node("node-a")), k8s::Object(pod("api", "10.244.1.5"))})
    core.upsert(object);
  EXPECT_EQ(kernel.table("selvedge"), core.table());
}

TEST_F(ReconcilerTest, WhileWritesKeepFailing_WaitsLonger_UpToHalfAMinute) {
  start();
  up(pod("web", "10.244.1.6"));
  milliseconds longest{0};
  for (int i = 0; i < 12; ++i) {
    kernel.fail_commit({.error = busy, .skip = 0, .done = false});
    reconciler.settle();
    ASSERT_TRUE(reconciler.wake());
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(*reconciler.wake() - now));
    now = *reconciler.wake();
  }
  EXPECT_GE(longest, milliseconds(22'500));
  EXPECT_LE(longest, milliseconds(30'000));
}

TEST_F(ReconcilerTest, AFailedRead_IsTriedAgain) {
  kernel.fail_next_dump(busy);
  start();
  EXPECT_TRUE(says("busy")) << reasons();
  now = *reconciler.wake();
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected());
}

TEST_F(ReconcilerTest, AnUnreadableObject_KeepsTheRules_UntilItsKindIsSyncedAgain) {
  start();
  const auto commits = kernel.commits();
  reconciler.take(k8s::Unreadable{Kind::network_policy, "metadata.name is missing"});
  up(deny_all("second"));
  up(pod("web", "10.244.1.6"));
  reconciler.settle();
  EXPECT_EQ(kernel.commits(), commits);
  EXPECT_TRUE(says("metadata.name is missing")) << reasons();
  sync(Kind::pod);
  reconciler.settle();
  EXPECT_EQ(kernel.commits(), commits) << "another kind's";
  sync(Kind::network_policy);
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected({deny_all("second"), pod("web", "10.244.1.6")}));
  EXPECT_TRUE(reconciler.readiness().ready()) << reasons();
}

TEST_F(ReconcilerTest, WhenOurNodeGoes_KeepsTheRules_UntilItIsBack) {
  start();
  reconciler.take(k8s::Deleted{Kind::node, {"", "node-a"}});
  reconciler.take(k8s::Deleted{Kind::network_policy, {"shop", "deny"}});
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected());
  EXPECT_TRUE(says("there is no Node")) << reasons();
  up(deny_all("deny"));
  up(node("node-a"));
  up(pod("web", "10.244.1.6"));
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected({pod("web", "10.244.1.6")}));
  EXPECT_TRUE(reconciler.readiness().ready());
}

TEST_F(ReconcilerTest, TroubleWithTheServer_IsAWarning_AndAReasonOnceItLasts) {
  start();
  reconciler.take(k8s::Trouble{Kind::pod, "403 Forbidden: cannot list pods"});
  EXPECT_TRUE(reconciler.readiness().ready());
  ASSERT_EQ(reconciler.readiness().warnings.size(), 1U);
  EXPECT_NE(reconciler.readiness().warnings[0].find("403 Forbidden"), std::string::npos);
  now += trouble_grace - seconds(1);
  reconciler.take(k8s::Trouble{Kind::pod, "503 Service Unavailable"});
  EXPECT_TRUE(reconciler.readiness().ready());
  now += seconds(1);
  EXPECT_TRUE(says("in trouble for 30 s")) << reasons();
  EXPECT_TRUE(says("503 Service Unavailable")) << reasons();
  reconciler.take(k8s::Trouble{Kind::pod, ""});
  EXPECT_TRUE(reconciler.readiness().ready());
  EXPECT_EQ(logged("the watch is well again"), 1);
}

TEST_F(ReconcilerTest, TroubleBeforeTheFirstList_IsAReasonAtOnce) {
  reconciler.take(k8s::Trouble{Kind::pod, "connection refused"});
  EXPECT_TRUE(says("waiting for the first list of Pod objects: connection refused")) << reasons();
}

TEST_F(ReconcilerTest, UnmetPreconditions_MakeItUnready_ButDoNotStopWrites) {
  reconciler.observe({.unmet = {"bridge-nf-call-iptables is 0"}});
  start();
  EXPECT_EQ(kernel.table("selvedge"), expected());
  EXPECT_TRUE(says("bridge-nf-call-iptables is 0"));
  reconciler.observe({.unmet = {"bridge-nf-call-iptables is 0"}});
  EXPECT_EQ(logged("a precondition does not hold"), 1) << "said once";
  reconciler.observe({});
  EXPECT_TRUE(reconciler.readiness().ready());
  EXPECT_EQ(logged("a precondition holds again"), 1);
}

TEST_F(ReconcilerTest, IpvsThatComesOrGoes_ChangesTheRulesAtTheNextLook_AndIsNoReasonToBeUnready) {  // semantics 81
  start();
  reconciler.observe({.ipvs = true});
  reconciler.settle();
  EXPECT_TRUE(kernel.table("selvedge")->chains.contains("to-node-late"));
  EXPECT_FALSE(kernel.table("selvedge")->chains.contains("to-node"));
  EXPECT_TRUE(reconciler.readiness().ready());
  EXPECT_EQ(logged("Services go by IPVS here; the rules for it are put in place"), 1);
  reconciler.observe({.ipvs = false});
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected());
}

TEST_F(ReconcilerTest, ATableThatSomebodyWiped_IsRestored) {  // semantics 102
  start();
  kernel.remove("selvedge");
  reconciler.look();
  EXPECT_TRUE(says("somebody else has changed the table")) << reasons();
  reconciler.settle();
  EXPECT_EQ(kernel.table("selvedge"), expected());
  EXPECT_TRUE(reconciler.readiness().ready());
}

TEST_F(ReconcilerTest, AProblemInAnObject_IsLoggedWhenItAppearsAndWhenItGoes) {
  start();
  lines.clear();
  k8s::NetworkPolicy odd = deny_all("deny");
  odd.understood = false;
  const k8s::Problem problem{.kind = Kind::network_policy,
                             .object = {"shop", "deny"},
                             .field = "spec",
                             .message = "is a list",
                             .closed = true};
  up(odd, {problem});
  now += seconds(2);
  reconciler.settle();
  EXPECT_EQ(logged("problem in an object"), 1);
  now += seconds(2);
  up(odd, {problem});
  reconciler.settle();
  EXPECT_EQ(logged("problem in an object"), 1);
  now += seconds(2);
  up(deny_all("deny"));
  reconciler.settle();
  EXPECT_EQ(logged("problem in an object is gone"), 1);
}

}  // namespace
}  // namespace selvedge::agent
