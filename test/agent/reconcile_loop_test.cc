#include "controller/agent/reconcile_loop.h"

#include <thread>

#include <gtest/gtest.h>

#include "test/support/fake_backend.h"

namespace selvedge::agent {
namespace {

Time now() {
  return std::chrono::steady_clock::now();
}

// Waits until `holds`, or fails the test after 20 s.
void wait_until(const std::function<bool()>& holds) {
  const Time limit = now() + std::chrono::seconds(20);
  while (!holds() && now() < limit) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_TRUE(holds());
}

k8s::Node our_node() {
  k8s::Node node;
  node.meta.name = "node-a";
  return node;
}

TEST(ReconcileLoop, TurnsEventsIntoRules_TellsReadiness_AndLeavesTheRulesWhenItEnds) {
  test::FakeBackend kernel;
  EventQueue queue;
  Health health(now());
  Metrics metrics;
  Reconciler reconciler(
      {.node = "node-a"}, kernel, [] { return std::nullopt; }, now, [](const LogLine&) {}, metrics);
  std::thread loop([&] {
    reconcile_until_closed(
        queue, reconciler, health, [] { return Surroundings{}; }, now);
  });
  wait_until([&] { return health.ready(now()).body.find("waiting for the first list of Pod") != std::string::npos; });

  queue.push(k8s::Upserted{our_node(), {}});
  for (const auto kind : {k8s::Kind::pod, k8s::Kind::ns, k8s::Kind::node, k8s::Kind::network_policy})
    queue.push(k8s::Synced{kind});
  wait_until([&] { return health.ready(now()).status == 200; });
  queue.close();
  loop.join();
  EXPECT_TRUE(kernel.table("selvedge"));
}

// A kernel without bridge tables: policies are enforced all the same.
TEST(ReconcileLoop, WarnsOfPortsThatCannotBeBound_AndIsReadyNevertheless) {
  const nft::Error lacking{
      .kind = nft::Error::Kind::unsupported, .code = 97, .op = std::nullopt, .object = {}, .message = "no such family"};
  test::FakeBackend kernel, bridge_kernel(nft::TableFamily::bridge);
  bridge_kernel.fail_commit({.error = lacking});
  EventQueue queue;
  Health health(now());
  Metrics metrics;
  const auto none = []() -> std::optional<Glimpse> { return std::nullopt; };
  Reconciler reconciler(
      {.node = "node-a"}, kernel, none, now, [](const LogLine&) {}, metrics);
  PortRules ports(
      "selvedge", bridge_kernel, none,
      PortSight{.round = std::chrono::seconds(1),
                .ports = [] { return nft::BridgePorts{}; },
                .addresses = [](const nft::BridgePort&) { return std::vector<nft::Address>{}; }},
      now, [](const LogLine&) {}, metrics);
  std::thread loop([&] {
    reconcile_until_closed(
        queue, reconciler, health, [] { return Surroundings{}; }, now, nullptr, &ports);
  });
  queue.push(k8s::Upserted{our_node(), {}});
  for (const auto kind : {k8s::Kind::pod, k8s::Kind::ns, k8s::Kind::node, k8s::Kind::network_policy})
    queue.push(k8s::Synced{kind});
  wait_until([&] { return health.ready(now()).body.find("no such family") != std::string::npos; });
  EXPECT_EQ(health.ready(now()).status, 200);
  queue.close();
  loop.join();
  EXPECT_TRUE(kernel.table("selvedge"));
  EXPECT_FALSE(bridge_kernel.table("selvedge"));
}

TEST(ReconcileLoop, AfterItsQueueIsClosed_BeginsNoWrite) {
  test::FakeBackend kernel;
  EventQueue queue;
  Health health(now());
  Metrics metrics;
  Reconciler reconciler(
      {.node = "node-a"}, kernel, [] { return std::nullopt; }, now, [](const LogLine&) {}, metrics);
  queue.push(k8s::Upserted{our_node(), {}});
  for (const auto kind : {k8s::Kind::pod, k8s::Kind::ns, k8s::Kind::node, k8s::Kind::network_policy})
    queue.push(k8s::Synced{kind});
  queue.close();
  reconcile_until_closed(
      queue, reconciler, health, [] { return Surroundings{}; }, now);
  EXPECT_EQ(kernel.commits(), 0U);
}

}  // namespace
}  // namespace selvedge::agent
