// What the daemon can be told of its node, or finds out about it: that pods may reach it (R3), and that Services go by
// IPVS (semantics 81). test/agent/packets and test/e2e show both with a kernel.
#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

using nft::MatchCtState;
using nft::MatchFibType;

const char* const deny_all = "{podSelector: {}, policyTypes: [Ingress, Egress]}";

// ---- the node, open to its pods ---------------------------------------------------

TEST(OpenNode, IsReached_ByEveryKnownPod_WhateverIsolatesIt) {  // semantics 77, 83, 84, R3
  World world("node-a", {.own_node_open = true});
  world.policy(deny_all);
  for (const char* address : {node_a, "10.244.1.1", "10.244.1.0", "169.254.20.10"}) {
    EXPECT_TRUE(world.allows(to_node(tcp(web, address, 6443))));
    EXPECT_TRUE(world.allows(to_node(ping(web, address))));
    EXPECT_TRUE(world.allows(in_state(to_node(tcp(web, address, 6443)), MatchCtState::invalid)));
  }
  EXPECT_TRUE(world.allows(to_node(tcp(web6, "fd00:244:1::1", 6443))));
}

TEST(OpenNode, OpensNothingElse) {  // semantics 77, 86, R3
  World world("node-a", {.own_node_open = true});
  world.policy(deny_all);
  EXPECT_TRUE(world.denies(tcp(web, node_b, 6443)));
  EXPECT_TRUE(world.denies(tcp(web, outside, 443)));
  EXPECT_TRUE(world.denies(between_ports(tcp(web, api, 80))));
  EXPECT_TRUE(world.denies(tcp(node_b, web, 80)));
}

TEST(OpenNode, KeepsItsSideDoorsShut_AndStrangersOut) {  // semantics 41, 74, 91, R3, R12, R13, R14
  World world("node-a", {.own_node_open = true});
  world.put("{apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {podCIDRs: [10.244.1.0/24]}}");
  world.policy(deny_all);
  EXPECT_TRUE(world.denies(to_node(tcp("10.244.1.99", node_a, 6443))));
  EXPECT_TRUE(world.denies(to_node(tcp("fe80::7", "fe80::1", 80))));
  EXPECT_TRUE(world.denies(to_node(udp(web, node_a, 8472))));
  EXPECT_TRUE(world.allows(to_node(tcp(web, node_a, 6443))));
}

// ---- Services by IPVS -----------------------------------------------------------------

// IPVS takes the packet at hook input and sends it on, to the pod behind the Service, by hook output.
TEST(ServiceByIpvs, IsJudgedByTheBackend_AtBothEnds) {  // semantics 80, 81, 114
  World world("node-a", {.own_node_open = false, .ipvs = true});
  world.policy(R"({podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [
      {to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 8080}]}]})");
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {}}]}]}", "api");
  EXPECT_TRUE(world.allows(passed_on(tcp(web, db, 8080))));
  EXPECT_TRUE(world.denies(passed_on(tcp(web, db, 80))));
  EXPECT_TRUE(world.denies(passed_on(tcp(web, far, 8080))));
  EXPECT_TRUE(world.denies(passed_on(tcp(outside, api, 80))));
  EXPECT_TRUE(world.allows(passed_on(tcp(db, api, 80))));
  EXPECT_TRUE(world.allows(in_state(passed_on(tcp(outside, api, 80)), MatchCtState::established)));
}

TEST(ServiceByIpvs, LeadsAPodToItself) {  // semantics 79, 81, R6
  World world("node-a", {.own_node_open = false, .ipvs = true});
  world.policy(deny_all);
  EXPECT_TRUE(world.allows(passed_on(tcp(web, web, 80))));
  EXPECT_TRUE(world.denies(passed_on(tcp(web, api, 80))));
}

TEST(ServiceByIpvs, IsGuarded_AndNoWayOutForEncapsulation) {  // semantics 74, 81, 91, R12, R14
  World world("node-a", {.own_node_open = false, .ipvs = true});
  world.put("{apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {podCIDRs: [10.244.1.0/24]}}");
  EXPECT_TRUE(world.denies(passed_on(tcp("10.244.1.99", db, 80))));
  EXPECT_TRUE(world.denies(passed_on(tcp(outside, "10.244.1.99", 80))));
  EXPECT_TRUE(world.denies(passed_on(udp(web, node_b, 8472))));
  EXPECT_TRUE(world.allows(passed_on(udp(web, node_b, 8473))));
}

// Its own packets are told by their source alone, so no pod may send from one of its addresses.
TEST(NodeWithIpvs, StillReachesItsPods_AndNoPodPassesForIt) {  // semantics 76, 77, 81, R2
  World world("node-a", {.own_node_open = false, .ipvs = true});
  world.policy(deny_all);
  EXPECT_TRUE(world.allows(from_node(tcp(node_a, web, 80))));
  EXPECT_TRUE(world.allows(from_node(tcp("10.96.0.9", web, 80))));
  nft::Packet borrowed = to_node(tcp("fd00:31::a", "fd00:96::9", 80));
  EXPECT_TRUE(world.allows(borrowed));
  borrowed.source_type = MatchFibType::local;
  EXPECT_TRUE(world.denies(borrowed));
}

TEST(NodeWithIpvs, IsPoliced_AsElsewhere) {  // semantics 77, 81, 83, R3
  World world("node-a", {.own_node_open = false, .ipvs = true});
  world.policy("{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.1/32}}]}]}");
  EXPECT_TRUE(world.allows(to_node(tcp(web, node_a, 6443))));
  EXPECT_TRUE(world.denies(to_node(tcp(web, "10.96.0.9", 6443))));
}

}  // namespace
}  // namespace selvedge::test
