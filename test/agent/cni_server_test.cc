// The daemon's side of the CNI plugin: when a pod may start.
#include "test/agent/cni_daemon_bed.h"

namespace selvedge::agent {
namespace {

TEST_F(CniDaemon, LetsAPodStart_OnceItIsKnownAndItsRulesAreInTheKernel) {  // semantics 58, 74
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  EXPECT_TRUE(waits(reply)) << "nothing is synced";
  sync_all();
  ASSERT_TRUE(eventually([&] { return fault(ask(about(Command::status))).empty(); }));
  EXPECT_TRUE(waits(reply)) << "the pod is not known";
  tell(unaddressed("api"));
  EXPECT_EQ(fault(reply.get()), "");
  end();
  EXPECT_TRUE(is_dispatched("10.244.1.5"));
}

TEST_F(CniDaemon, WaitsForThePolicyThatTheWatchHasNotToldYet) {
  sync_all();
  tell(unaddressed("api"));
  serve({"deny", "later"});
  const std::string late = fault(ask(addition("api", "10.244.1.5", milliseconds(300))));
  EXPECT_EQ(late, "the policies of namespace shop are not all known yet");
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  EXPECT_TRUE(waits(reply));
  tell_policy("later");
  EXPECT_EQ(fault(reply.get()), "");
}

// It may be the one that isolates the pod.
TEST_F(CniDaemon, ThatWaitedInVainForAPolicy_OpensNothing_BeforeTheApiReportsTheAddress) {
  serve({});
  tell(shop());
  tell(node("node-a"));
  tell(unaddressed("api"));
  for (const Kind kind : {Kind::pod, Kind::ns, Kind::node, Kind::network_policy}) queue.push(k8s::Synced{kind});
  serve({"deny"});
  EXPECT_EQ(fault(ask(addition("api", "10.244.1.5", milliseconds(300)))),
            "the policies of namespace shop are not all known yet");
  serve({});
  tell(unaddressed("web"));
  EXPECT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  end();
  EXPECT_TRUE(is_dispatched("10.244.1.6"));
  EXPECT_FALSE(is_dispatched("10.244.1.5"));
  reconciler.take(k8s::Upserted{pod("api", "10.244.1.5"), {}});
  reconciler.settle();
  EXPECT_TRUE(is_dispatched("10.244.1.5"));
}

TEST_F(CniDaemon, ReadsThePoliciesAgain_WhenTheWatchIsAheadOfWhatItRead) {
  sync_all();
  tell(unaddressed("api"));
  serve({"deny", "short-lived"});
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  serve({"deny"});
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, SaysWhatIsMissing_WhenThePatienceIsOver_AndKeepsTheWordAllTheSame) {
  sync_all();
  const std::string late = fault(ask(addition("api", "10.244.1.5", milliseconds(100))));
  EXPECT_TRUE(contains(late, "the API server has not told of pod shop/api with uid uid-api")) << late;
  tell(unaddressed("api"));
  tell(unaddressed("web"));
  EXPECT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  end();
  EXPECT_TRUE(is_dispatched("10.244.1.5")) << "no need to ask a second time";
}

TEST_F(CniDaemon, BeforeEveryWatchHasSynced_LetsNoPodStart) {  // semantics 107
  tell(shop());
  tell(node("node-a"));
  tell_policy("deny");
  tell(unaddressed("api"));
  for (const Kind kind : {Kind::pod, Kind::node, Kind::network_policy}) queue.push(k8s::Synced{kind});
  const std::string early = fault(ask(addition("api", "10.244.1.5", milliseconds(300))));
  EXPECT_EQ(early, "the rules are not in the kernel: see /readyz");
  EXPECT_TRUE(contains(fault(ask(about(Command::status))), "not in step"));
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  queue.push(k8s::Synced{Kind::ns});
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, WhilePoliciesCannotBeRead_LetsNoPodStart_AndSaysWhy) {
  sync_all();
  tell(unaddressed("api"));
  serve({"not a list"});
  const std::string why = fault(ask(addition("api", "10.244.1.5", milliseconds(300))));
  EXPECT_TRUE(contains(why,
                       "the policies of namespace shop could not be read: cannot list networkpolicies (GET "
                       "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies): "))
      << why;
}

TEST_F(CniDaemon, ForgetsASandbox_ThatIsGone_OrThatGcDoesNotName) {
  sync_all();
  tell(unaddressed("api"));
  tell(unaddressed("web"));
  ASSERT_EQ(fault(ask(addition("api", "10.244.1.5", long_enough))), "");
  ASSERT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  EXPECT_EQ(fault(ask(about(Command::del, "cbr0/api/eth0"))), "");
  EXPECT_EQ(fault(ask(about(Command::del, "cbr0/api/eth0"))), "") << "idempotent";
  EXPECT_TRUE(contains(fault(ask(about(Command::check, "cbr0/api/eth0"))), "is not known"));
  EXPECT_EQ(fault(ask(about(Command::check, "cbr0/web/eth0"))), "");
  EXPECT_EQ(fault(ask(about(Command::gc, "cbr0/"))), "");
  EXPECT_TRUE(contains(fault(ask(about(Command::check, "cbr0/web/eth0"))), "is not known"));
  end();
  EXPECT_FALSE(is_dispatched("10.244.1.5"));
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
}

TEST_F(CniDaemon, LetsAPodStart_OnceNoOtherPodsRulesHoldAtItsAddress) {  // semantics 63
  sync_all();
  k8s::NetworkPolicy strict = deny_all("strict");
  strict.meta.ns = "bank";
  tell(strict);
  k8s::Pod former = pod("former", "10.244.1.6");
  former.meta.ns = "bank";
  tell(former);
  serve({});
  queue.push(k8s::Deleted{Kind::network_policy, {"shop", "deny"}});
  tell(unaddressed("api"));
  const std::string early = fault(ask(addition("api", "10.244.1.6", milliseconds(300))));
  EXPECT_EQ(early, "the rules of pod bank/former hold at 10.244.1.6, which the API server still gives to it");
  auto reply = ask_later(addition("api", "10.244.1.6", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  EXPECT_TRUE(waits(reply));
  former.addresses = {"10.244.1.7"};
  tell(former);
  EXPECT_EQ(fault(reply.get()), "");
}

TEST_F(CniDaemon, TellsWhoWaits_ThatTheSandboxHasEndedMeanwhile) {
  sync_all();
  auto reply = ask_later(addition("api", "10.244.1.5", long_enough));
  ASSERT_TRUE(knows("cbr0/api/eth0"));
  ask(about(Command::del, "cbr0/api/eth0"));
  tell(unaddressed("api"));
  EXPECT_EQ(fault(reply.get()), "cbr0/api/eth0: has ended meanwhile");
}

TEST_F(CniDaemon, CountsASandboxAsGone_WhosePodTheApiDoesNotKnowForLong_ButNotWhileItIsAway) {
  sync_all();
  tell(unaddressed("web"));
  ASSERT_EQ(fault(ask(addition("web", "10.244.1.6", long_enough))), "");
  const auto hears = [&](const std::string& trouble) {
    queue.push(k8s::Trouble{Kind::pod, trouble});
    return eventually([&] {
      const std::string body = health.ready(std::chrono::steady_clock::now()).body;
      return contains(body, "in trouble") != trouble.empty();
    });
  };
  const auto known_a_minute_later = [&] {
    later = later.load() + std::chrono::minutes(1);
    ask(about(Command::status));
    return ask(about(Command::check, "cbr0/api/eth0"))->fault.empty();
  };
  ASSERT_TRUE(hears("503"));
  ask(addition("api", "10.244.1.5", milliseconds(1)));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(known_a_minute_later()) << "the API server cannot tell";
  ASSERT_TRUE(hears(""));
  EXPECT_TRUE(known_a_minute_later()) << "the doubt begins now";
  EXPECT_TRUE(known_a_minute_later());
  EXPECT_TRUE(eventually([&] { return !known_a_minute_later(); }));
  EXPECT_TRUE(knows("cbr0/web/eth0"));
}

TEST_F(CniDaemon, OfASandboxThatIsNone_SaysWhat) {
  EXPECT_TRUE(contains(fault(ask(addition("api", "10.244.1.999", long_enough))), "\"10.244.1.999\" is not an IP"));
}

TEST_F(CniDaemon, WritesDownWhatItWasTold_AsSoonAsItCan_AndSaysOnceThatItCannot) {
  ASSERT_TRUE(std::filesystem::create_directories(file / "in the way"));
  ask(addition("api", "10.244.1.5", milliseconds(1)));
  ask(addition("web", "10.244.1.6", milliseconds(1)));
  later = later.load() + seconds(5);
  ask(about(Command::status));
  ask(about(Command::status));  // the turn that answered the one before has tried to write by now
  std::filesystem::remove_all(file);
  later = later.load() + seconds(5);
  ask(about(Command::status));
  end();
  Attachments successor(file);
  EXPECT_TRUE(successor.load().empty());
  EXPECT_EQ(successor.all().size(), 2U);
  ASSERT_EQ(admission_lines.size(), 2U);
  EXPECT_TRUE(contains(admission_lines[0].message, "is not kept for a restart"));
  EXPECT_TRUE(contains(admission_lines[1].message, "is kept for a restart again"));
}

TEST_F(CniDaemon, WritesDownWhatItWasTold_ForItsSuccessor) {
  sync_all();
  tell(unaddressed("api"));
  ASSERT_EQ(fault(ask(addition("api", "10.244.1.5", long_enough))), "");
  Attachments successor(file);
  EXPECT_TRUE(successor.load().empty());
  ASSERT_TRUE(successor.all().contains("cbr0/api/eth0"));
  EXPECT_EQ(successor.all().at("cbr0/api/eth0").uid, "uid-api");
}

}  // namespace
}  // namespace selvedge::agent
