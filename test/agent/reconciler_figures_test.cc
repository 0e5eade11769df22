// What the reconciler tells of itself besides readiness: figures, and names for denied packets.
#include "test/agent/reconciler_bed.h"

namespace selvedge::agent {
namespace {

using Figures = ReconcilerBed;

std::uint64_t samples(const prometheus::Histogram& histogram) {
  return histogram.Collect().histogram.sample_count;
}

DenialCase denial(const std::string& pod, const char* own, const char* peer) {
  DenialCase one{.kind = {.denial = Denial::policy, .direction = Direction::ingress, .pod = pod}, .count = 1};
  one.kind.own = *nft::parse_address(own);
  one.kind.peer = *nft::parse_address(peer);
  return one;
}

TEST_F(Figures, SayHowManyPodsRulesAndElementsThereAre) {
  start();
  up(pod("open", "10.244.1.6"));
  k8s::NetworkPolicy egress = deny_all("egress");
  egress.pod_selector.match_labels = {{"app", "nobody"}};
  up(egress);
  reconciler.settle();
  reconciler.observe({});
  EXPECT_EQ(metrics.programmed_pods.Value(), 2);
  EXPECT_EQ(metrics.isolated_pods.Value(), 2);
  std::size_t rules = 0;
  const nft::Table held = *kernel.table("selvedge");
  for (const auto& [name, chain] : held.chains) rules += chain.rules.size();
  EXPECT_EQ(metrics.rules.Value(), static_cast<double>(rules));
  EXPECT_GT(rules, 0U);
  EXPECT_GT(metrics.last_sync.Value(), 1.5e9);
}

TEST_F(Figures, OfElements_GoUpAndDownWithTheSets) {
  start();
  k8s::NetworkPolicy open = deny_all("open");
  k8s::Peer anyone;
  anyone.pod_selector.emplace();
  open.ingress.push_back({.peers = {anyone}, .ports = {}});
  up(open);
  reconciler.settle();
  reconciler.observe({});
  const double before = metrics.set_elements.Value();
  up(pod("web", "10.244.2.7"));
  reconciler.settle();
  reconciler.observe({});
  EXPECT_EQ(metrics.set_elements.Value(), before + 1);
  reconciler.take(k8s::Deleted{Kind::pod, {"shop", "web"}});
  reconciler.settle();
  reconciler.observe({});
  EXPECT_EQ(metrics.set_elements.Value(), before);
}

TEST_F(Figures, TheTimeFromAnEventToTheKernel_IsThatOfTheFirstOfABurst) {
  start();
  EXPECT_EQ(samples(metrics.apply), 1U);
  EXPECT_EQ(samples(metrics.event_to_kernel), 0U);  // the first lists are no events
  up(pod("a", "10.244.1.7"));
  now += milliseconds(300);
  up(pod("b", "10.244.1.8"));
  now += milliseconds(100);
  reconciler.settle();
  EXPECT_EQ(samples(metrics.apply), 2U);
  EXPECT_EQ(samples(metrics.event_to_kernel), 1U);
  EXPECT_NEAR(metrics.event_to_kernel.Collect().histogram.sample_sum, 0.4, 1e-9);
}

TEST_F(Figures, AnEventThatChangesNothing_IsNotMeasured_AndNotLeftWaiting) {
  start();
  up(pod("api", "10.244.1.5"));
  reconciler.settle();
  EXPECT_EQ(samples(metrics.event_to_kernel), 0U);
  now += seconds(60);
  up(pod("a", "10.244.1.7"));
  reconciler.settle();
  EXPECT_EQ(samples(metrics.event_to_kernel), 1U);
  EXPECT_LT(metrics.event_to_kernel.Collect().histogram.sample_sum, 1);
}

TEST_F(Figures, AWriteThatFailsFirst_CountsUntilItSucceeds) {
  start();
  kernel.fail_commit({.error = busy});
  up(pod("a", "10.244.1.7"));
  reconciler.settle();
  EXPECT_EQ(samples(metrics.event_to_kernel), 0U);
  now += seconds(10);
  reconciler.settle();
  EXPECT_EQ(samples(metrics.event_to_kernel), 1U);
  EXPECT_NEAR(metrics.event_to_kernel.Collect().histogram.sample_sum, 10, 1e-9);
}

TEST_F(Figures, OfWatches_SayWhichIsInTroubleAndForHowLong) {
  start();
  reconciler.observe({});
  for (const auto& [kind, up] : metrics.watch_up) EXPECT_EQ(up->Value(), 1) << to_string(kind);
  metrics.last_sync.Set(0);
  reconciler.take(k8s::Trouble{Kind::pod, "connection refused"});
  now += seconds(40);
  reconciler.observe({});
  EXPECT_EQ(metrics.watch_up.at(Kind::pod)->Value(), 0);
  EXPECT_EQ(metrics.watch_up.at(Kind::node)->Value(), 1);
  EXPECT_EQ(metrics.watch_lag.at(Kind::pod)->Value(), 40);
  EXPECT_EQ(metrics.watch_lag.at(Kind::node)->Value(), 0);
  EXPECT_EQ(metrics.last_sync.Value(), 0);  // what is in force may not be the present
  reconciler.take(k8s::Trouble{Kind::pod, ""});
  reconciler.observe({});
  EXPECT_EQ(metrics.watch_lag.at(Kind::pod)->Value(), 0);
  EXPECT_GT(metrics.last_sync.Value(), 0);
}

TEST_F(Figures, AnObjectThatFailsClosed_CountsOnce_HoweverManyOfItsFieldsDo) {
  start();
  const auto problem = [](const std::string& field, bool closed) {
    return k8s::Problem{
        .kind = Kind::network_policy, .object = {"shop", "odd"}, .field = field, .message = "is odd", .closed = closed};
  };
  up(deny_all("odd"), {problem("spec.a", true), problem("spec.b", true)});
  k8s::NetworkPolicy warned = deny_all("warned");
  up(warned, {{.kind = Kind::network_policy, .object = {"shop", "warned"}, .field = "spec.c", .message = "is odd"}});
  now += seconds(2);
  reconciler.settle();
  reconciler.observe({});
  EXPECT_EQ(metrics.fail_closed_objects.Value(), 1);
  reconciler.take(k8s::Deleted{Kind::network_policy, {"shop", "odd"}});
  now += seconds(2);
  reconciler.settle();
  reconciler.observe({});
  EXPECT_EQ(metrics.fail_closed_objects.Value(), 0);
}

using Names = ReconcilerBed;

TEST_F(Names, OfADenial_AreThoseOfPodPeerAndIsolation) {
  start();
  k8s::Pod web = pod("web", "10.244.2.7");
  web.node = "node-b";
  up(web);
  reconciler.settle();
  const DenialCase named = reconciler.named(denial("shop/api", "10.244.1.5", "10.244.2.7"));
  EXPECT_EQ(named.pod, (k8s::ObjectKey{"shop", "api"}));
  EXPECT_EQ(named.uid, "uid-api");
  EXPECT_EQ(named.peer, "shop/web");
  EXPECT_EQ(named.isolated_by, (std::vector<k8s::ObjectKey>{{"shop", "deny"}}));
}

TEST_F(Names, OfTheIsolation_AreThoseOfTheDirectionAlone) {
  start();
  k8s::NetworkPolicy egress = deny_all("egress");
  egress.ingress_isolates = false;
  egress.egress_isolates = true;
  up(egress);
  reconciler.settle();
  DenialCase out = denial("shop/api", "10.244.1.5", "203.0.113.9");
  out.kind.direction = Direction::egress;
  const DenialCase named = reconciler.named(out);
  EXPECT_EQ(named.isolated_by, (std::vector<k8s::ObjectKey>{{"shop", "egress"}}));
  EXPECT_EQ(named.peer, "203.0.113.9");
}

TEST_F(Names, OfAPodThatIsGone_AreThoseOfTheRule_AndANameThatIsCutIsMadeWhole) {
  start();
  const DenialCase gone = reconciler.named(denial("shop/old", "10.244.1.99", "10.244.1.5"));
  EXPECT_EQ(gone.pod, (k8s::ObjectKey{"shop", "old"}));
  EXPECT_EQ(gone.uid, "");
  EXPECT_EQ(reconciler.named(denial("shop/ap", "10.244.1.5", "10.244.1.9")).pod, (k8s::ObjectKey{"shop", "api"}));
  const DenialCase reused = reconciler.named(denial("shop/old", "10.244.1.5", "10.244.1.9"));
  EXPECT_EQ(reused.pod, (k8s::ObjectKey{"shop", "old"}));  // another pod has its address now
  EXPECT_FALSE(reconciler.named(denial("", "10.244.1.5", "10.244.1.9")).pod);
}

}  // namespace
}  // namespace selvedge::agent
