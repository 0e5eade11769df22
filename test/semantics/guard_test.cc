// The guard: addresses of the node's pod ranges that no known pod has (R12). It holds them at the pod bridge alone: by
// any other interface they are no pods of this node, and the ranges are wrong.
#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

constexpr const char* nobodys = "10.244.1.99";
constexpr const char* nobodys6 = "fd00:244:1::99";

World guarded(const std::string& ranges = "podCIDRs: [10.244.1.0/24, 'fd00:244:1::/64']", Switches switches = {}) {
  World world("node-a", switches);
  world.put("{apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {" + ranges +
            "}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}");
  return world;
}

TEST(Address_ThatNoPodOwns, IsGuarded_BothWays_InBothFamilies) {  // semantics 74, R12
  const World world = guarded();
  EXPECT_TRUE(world.denies(tcp(outside, nobodys, 80)));
  EXPECT_TRUE(world.denies(tcp(nobodys, outside, 80)));
  EXPECT_TRUE(world.denies(tcp(outside6, nobodys6, 80)));
  EXPECT_TRUE(world.denies(tcp(nobodys6, outside6, 80)));
  EXPECT_TRUE(world.denies(between_ports(tcp(nobodys, web, 80))));
  EXPECT_TRUE(world.denies(to_node(tcp(nobodys, node_a, 10250))));
}

TEST(Address_ThatNoPodOwns, IsNotGuarded_OnAnotherNode_OrWhereNoRangeIsKnown) {  // semantics 74, 104, R12
  EXPECT_TRUE(guarded().allows(tcp(outside, "10.244.2.99", 80)));
  EXPECT_TRUE(World().allows(tcp(outside, nobodys, 80)));
  World world = guarded();
  world.drop(k8s::Kind::node, "", "node-a");
  EXPECT_TRUE(world.allows(tcp(outside, nobodys, 80)));
}

TEST(Pod_OfAGuardedRange, IsOpenOnceItIsKnown_IfNoPolicyIsolatesIt) {  // semantics 58, R12
  World world = guarded();
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, nobodys, 80)));
  world.pod({.name = "late", .labels = "app: late", .addresses = nobodys});
  EXPECT_TRUE(world.allows(tcp(outside, nobodys, 80)));
  EXPECT_TRUE(world.allows(tcp(nobodys, outside, 80)));
  world.policy("{podSelector: {matchLabels: {app: late}}}");
  EXPECT_TRUE(world.denies(tcp(outside, nobodys, 80)));
  EXPECT_TRUE(world.allows(tcp(nobodys, outside, 80)));
  world.drop(k8s::Kind::pod, "shop", "late");
  EXPECT_TRUE(world.denies(tcp(nobodys, outside, 80)));
}

TEST(Pod_ThatIsOver, LeavesItsAddressToTheGuard) {  // semantics 61, 74
  World world = guarded();
  world.pod({.name = "done", .addresses = nobodys, .phase = "Succeeded"});
  EXPECT_TRUE(world.denies(tcp(outside, nobodys, 80)));
}

TEST(Pod_OutsideTheGuardedRanges, IsPolicedByItsAddress) {  // semantics 75
  World world = guarded();
  world.pod({.name = "odd", .labels = "app: odd", .addresses = "10.99.0.7"});
  EXPECT_TRUE(world.allows(tcp(outside, "10.99.0.7", 80)));
  world.policy("{podSelector: {matchLabels: {app: odd}}}");
  EXPECT_TRUE(world.denies(tcp(outside, "10.99.0.7", 80)));
}

TEST(PodRanges_OfANode, AreAllGuarded) {  // semantics 104
  const World world = guarded("podCIDRs: [10.244.1.0/24, 10.244.9.0/24, 'fd00:244:1::/64']");
  EXPECT_TRUE(world.denies(tcp(outside, nobodys, 80)));
  EXPECT_TRUE(world.denies(by(tcp(outside, "10.244.9.7", 80), "eth0", "cni0")));
  EXPECT_TRUE(guarded("podCIDR: 10.244.1.0/24").denies(tcp(outside, nobodys, 80)));
}

TEST(PodRange_ThatCannotBeANodes, IsNotGuarded) {  // semantics 104
  for (const char* range : {"0.0.0.0/0", "10.0.0.0/7", "192.0.2.0/24", "::/0", "pods"}) {
    const World world = guarded(std::string("podCIDRs: ['") + range + "', 10.244.1.0/24]");
    EXPECT_TRUE(world.allows(tcp(outside, "10.250.0.7", 80))) << range;
    EXPECT_TRUE(world.allows(tcp("192.0.2.77", outside, 80))) << range;
    EXPECT_TRUE(world.allows(tcp(outside6, outside6, 80))) << range;
    EXPECT_TRUE(world.denies(tcp(outside, nobodys, 80))) << range;
    EXPECT_NE(world.problems().find("addresses in it are not guarded"), std::string::npos) << range << world.problems();
  }
}

// Such as 10.244.2.20, a pod of the other node, which it reaches by flannel.1.
TEST(PodRange_OfAnotherNode, HoldsNothing_ButWhatComesFromThePodBridgeOrGoesThere) {  // semantics 75, 104, R12
  const World world = guarded("podCIDRs: [10.244.2.0/24, 'fd00:244:2::/64']");
  for (const char* far : {"10.244.2.20", "10.244.2.99"}) {
    EXPECT_TRUE(world.allows(by(tcp(far, web, 80), "flannel.1", "cni0"))) << far;
    EXPECT_TRUE(world.allows(by(tcp(web, far, 80), "cni0", "flannel.1"))) << far;
    EXPECT_TRUE(world.allows(by(tcp(far, outside, 80), "flannel.1", "eth0"))) << far;
    EXPECT_TRUE(world.denies(by(tcp(far, outside, 80), "cni0", "eth0"))) << far;
    EXPECT_TRUE(world.denies(by(tcp(web, far, 80), "cni0", "cni0"))) << far;
    EXPECT_TRUE(world.denies(to_node(tcp(far, node_a, 10250)))) << far;
    EXPECT_TRUE(world.allows(by(to_node(tcp(far, node_a, 10250)), "flannel.1", ""))) << far;
  }
  EXPECT_TRUE(world.allows(by(tcp("fd00:244:2::20", web6, 80), "flannel.1", "cni0")));
  EXPECT_TRUE(world.denies(by(tcp("fd00:244:2::20", web6, 80), "cni0", "cni0")));
}

// By which interface it came nobody tells there: the address alone decides, and in doubt it is held.
TEST(Address_ThatNoPodOwns, IsGuardedWhereIpvsSendsItOn) {  // semantics 74, 81, R12
  const World world = guarded("podCIDRs: [10.244.1.0/24, 'fd00:244:1::/64']", {.ipvs = true});
  EXPECT_TRUE(world.denies(passed_on(tcp(nobodys, outside, 80))));
  EXPECT_TRUE(world.denies(passed_on(tcp(nobodys6, outside6, 80))));
  EXPECT_TRUE(world.denies(passed_on(tcp(outside, nobodys, 80))));
  EXPECT_TRUE(world.allows(passed_on(tcp(web, outside, 80))));
  const World wrong = guarded("podCIDRs: [10.244.2.0/24]", {.ipvs = true});
  EXPECT_TRUE(wrong.allows(passed_on(tcp(outside, "10.244.2.99", 80)))) << "where it goes is known";
}

// Of the wrong range no pod is left closed or cut off; but nothing closes the pods to come.
TEST(PodRange_ThatIsNotThePods, IsReported_AndThePodsArePolicedAllTheSame) {  // semantics 75, 104
  EXPECT_EQ(guarded().problems().find("no pod range"), std::string::npos);
  World world = guarded("podCIDRs: [10.244.77.0/24, 'fd00:244:1::/64']");
  EXPECT_NE(world.problems().find("no pod range of the node holds 10.244.1.10"), std::string::npos) << world.problems();
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.allows(tcp(web, outside, 80)));
  EXPECT_TRUE(world.denies(by(tcp(outside, "10.244.77.7", 80), "eth0", "cni0")));
  world.policy("{podSelector: {matchLabels: {app: web}}}");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
}

}  // namespace
}  // namespace selvedge::test
