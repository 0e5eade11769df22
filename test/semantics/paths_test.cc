// Semantics 76-115: where packets come from and what else is on a node. What can only be shown with a kernel, an API
// server or kube-proxy is shown elsewhere under the same numbers; what no test shows yet is in later.txt.
#include <gtest/gtest.h>

#include "nft/simulate.h"
#include "nft/text.h"
#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

using nft::MatchCtState;
using nft::MatchFibType;

const char* const deny_all = "{podSelector: {}, policyTypes: [Ingress, Egress]}";

World denying_all(const std::string& node = "node-a") {
  World world(node);
  world.policy(deny_all);
  return world;
}

// ---- the node ----------------------------------------------------------------------

// What the kubelet or any process of the node sends to a pod leaves by the output hook.
TEST(Node_ReachesItsOwnPods_BecauseNothingIsJudged, AtTheOutputHook) {  // semantics 76, 77, R2
  const World world = denying_all();
  for (const auto& [name, chain] : world.table().chains) {
    if (!chain.base) continue;
    EXPECT_TRUE(chain.base->hook == nft::Hook::forward || chain.base->hook == nft::Hook::input) << name;
  }
  EXPECT_EQ(nft::to_text(world.table()).find("hook output"), std::string::npos);
  EXPECT_EQ(nft::to_text(world.table()).find("hook postrouting"), std::string::npos);
}

TEST(Node_HearsTheAnswers, OfAPodThatMaySendNothing) {  // semantics 112, 76, R2
  const World world = denying_all();
  for (const char* address : {node_a, "10.244.1.1", "10.244.1.0"}) {
    EXPECT_TRUE(world.allows(in_state(to_node(tcp(web, address, 45678)), MatchCtState::established)));
    EXPECT_TRUE(world.allows(in_state(to_node(other(1, web, address)), MatchCtState::related)));
    EXPECT_TRUE(world.denies(to_node(tcp(web, address, 45678))));
  }
}

TEST(Node_IsPoliced_AsEgress, ByWhicheverOfItsAddresses) {  // semantics 77, 87, R3
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}");
  for (const char* address : {node_a, "10.244.1.1", "10.244.1.0"}) {
    EXPECT_TRUE(world.denies(to_node(tcp(web, address, 10250))));
    EXPECT_TRUE(world.denies(to_node(ping(web, address))));
    EXPECT_TRUE(world.allows(to_node(tcp(web, address, 53))));
    EXPECT_TRUE(world.allows(to_node(tcp(api, address, 10250))));
  }
  EXPECT_TRUE(world.denies(to_node(tcp(web6, "fd00:244:1::1", 10250))));
}

TEST(Node_IsNobodysConcern, ForWhatComesFromElsewhere) {  // semantics 77, 87
  const World world = denying_all();
  EXPECT_TRUE(world.allows(by(to_node(tcp(outside, node_a, 22)), "eth0", "")));
  EXPECT_TRUE(world.allows(by(to_node(tcp(db, node_a, 10250)), "eth0", "")));
  EXPECT_TRUE(world.allows(by(to_node(tcp("127.0.0.1", "127.0.0.1", 80)), "lo", "")));
}

TEST(Node_OfAnother, IsAnOrdinaryAddress) {  // semantics 86, R3
  World world = denying_all();
  for (const char* address : {node_b, "10.244.2.0"}) {  // host-gw, and flannel.1 of VXLAN
    EXPECT_TRUE(world.denies(tcp(address, web, 8443)));
    EXPECT_TRUE(world.denies(tcp(web, address, 8443)));
  }
  world.policy(R"({podSelector: {}, ingress: [{from: [
      {ipBlock: {cidr: 192.0.2.2/32}}, {ipBlock: {cidr: 10.244.2.0/32}}], ports: [{port: 8443}]}]})",
               "webhook");
  for (const char* address : {node_b, "10.244.2.0"}) EXPECT_TRUE(world.allows(tcp(address, web, 8443)));
}

TEST(ApiServer_OnAnyNode_IsReachedByABlock, OnTheOwnNodeByTheInputHook) {  // semantics 83
  World world = denying_all();
  EXPECT_TRUE(world.denies(to_node(tcp(web, node_a, 6443))));
  EXPECT_TRUE(world.denies(tcp(web, node_b, 6443)));
  world.policy(R"({podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}],
      ports: [{port: 6443}]}]})",
               "api-server");
  EXPECT_TRUE(world.allows(to_node(tcp(web, node_a, 6443))));
  EXPECT_TRUE(world.allows(tcp(web, node_b, 6443)));
}

TEST(NodeLocalDns, IsReachedByABlock_NotByTheLabelsOfDnsPods) {  // semantics 84, R13
  const nft::Packet query = to_node(udp(web, "169.254.20.10", 53));
  World world;
  world.pod({.name = "dns", .labels = "k8s-app: kube-dns", .addresses = "10.244.2.53", .node = "node-b"});
  world.policy(R"({podSelector: {}, policyTypes: [Egress], egress: [
      {to: [{podSelector: {matchLabels: {k8s-app: kube-dns}}}]}]})");
  EXPECT_TRUE(world.allows(udp(web, "10.244.2.53", 53)));
  EXPECT_TRUE(world.denies(query));
  world.policy("{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.20.10/32}}]}]}");
  EXPECT_TRUE(world.allows(query));
}

// ---- a pod and itself --------------------------------------------------------------

TEST(Pod_ReachesItself_WhateverItsPolicies, AlsoThroughAService) {  // semantics 78, 79, R6
  World world = denying_all();
  EXPECT_TRUE(world.allows(between_ports(tcp(web, web, 80))));
  EXPECT_TRUE(world.allows(between_ports(tcp(web6, web6, 80))));
  EXPECT_TRUE(world.denies(between_ports(tcp(web, api, 80))));
  world.pod({.name = "two", .labels = "app: two", .addresses = "10.244.1.30, 10.244.1.31"});
  EXPECT_TRUE(world.allows(between_ports(tcp("10.244.1.30", "10.244.1.31", 80))));
}

// ---- Services ----------------------------------------------------------------------

// kube-proxy has put the backend's address in place of the Service's (prerouting, priority -100) before any chain of
// ours; test/agent/packets and test/e2e show it with a kernel.
TEST(EgressToAService, IsJudgedByTheBackend) {  // semantics 80, 114
  World world;
  world.policy(R"({podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [
      {to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 8080}]}]})");
  EXPECT_TRUE(world.allows(tcp(web, db, 8080)));
  EXPECT_TRUE(world.denies(tcp(web, db, 80)));
  EXPECT_TRUE(world.denies(tcp(web, far, 8080)));
}

TEST(Table_NamesNoChainButItsOwn, WhoeverTranslatesAddresses) {  // semantics 82
  const std::string text = nft::to_text(denying_all().table());
  for (const char* foreign : {"kube-", "KUBE-", "cni-", "FLANNEL", "mark ", "nat "}) {
    EXPECT_EQ(text.find(foreign), std::string::npos) << foreign;
  }
}

TEST(Services_AndTheirRanges, AreNoInput) {  // semantics 113
  World world = denying_all();
  const nft::Table before = world.table();
  world.put(R"({apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},
      spec: {clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80}]}})");
  world.put(
      "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: more}, spec: {cidrs: [10.1.0.0/16]}}");
  EXPECT_EQ(world.table(), before);
}

TEST(NodePort_ShowsTheClient, OrTheNodeWhereItCameIn) {  // semantics 85
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(node_b, web, 80)));
  EXPECT_TRUE(world.denies(tcp("10.244.2.0", web, 80)));
}

TEST(Egress_WithoutDns, BlocksNames) {  // semantics 115
  World world;
  world.policy("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}");
  EXPECT_TRUE(world.denies(udp(web, db, 53)));
  world.policy("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}", "dns");
  EXPECT_TRUE(world.allows(udp(web, db, 53)));
}

// ---- between nodes -----------------------------------------------------------------

TEST(Packet_BetweenNodes, IsJudgedForEgressWhereItStarts_AndForIngressWhereItEnds) {  // semantics 89
  World here("node-a");
  World there("node-b");
  for (World* world : {&here, &there}) {
    world->policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
    world->policy("{podSelector: {matchLabels: {app: db}}}", "db");
  }
  EXPECT_TRUE(here.denies(tcp(web, db, 8080)));
  EXPECT_TRUE(here.allows(tcp(api, db, 8080)));
  EXPECT_TRUE(there.denies(tcp(web, db, 8080)));
  EXPECT_TRUE(there.denies(tcp(api, db, 8080)));
}

TEST(Pod_WhoseSourceIsRewritten_IsNotRecognised, ItsOwnAddressIs) {  // semantics 90
  World world;
  world.policy(
      "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}");
  EXPECT_TRUE(world.allows(tcp(db, web, 80)));
  EXPECT_TRUE(world.denies(tcp(node_b, web, 80)));
}

TEST(Encapsulation_BetweenNodes, IsNobodysConcern_AndWhatIsInsideIsJudged) {  // semantics 91
  World world = denying_all();
  EXPECT_TRUE(world.allows(by(to_node(udp(node_b, node_a, 8472)), "eth0", "")));
  EXPECT_TRUE(world.allows(by(to_node(udp(node_b, node_a, 51820)), "eth0", "")));
  EXPECT_TRUE(world.denies(by(tcp(db, web, 80), "flannel.1", "cni0")));
}

TEST(Encapsulation_ByAPod_IsDenied_IsolatedOrNot, ToAnyNodeAndBeyond) {  // semantics 91, R14
  const World world;
  EXPECT_TRUE(world.denies(udp(web, node_b, 8472)));
  EXPECT_TRUE(world.denies(udp(web, outside, 8472)));
  EXPECT_TRUE(world.denies(to_node(udp(web, node_a, 8472))));
  EXPECT_TRUE(world.denies(to_node(udp(web6, "fd00:244:1::1", 8472))));
  EXPECT_TRUE(world.allows(between_ports(udp(web, api, 8472))));
  EXPECT_TRUE(world.allows(udp(db, web, 8472)));
  EXPECT_TRUE(world.allows(tcp(web, node_b, 8472)));
  EXPECT_TRUE(world.allows(udp(web, node_b, 8473)));
}

// ---- connections -------------------------------------------------------------------

TEST(Replies_AndRelatedErrors_Pass, WhateverTheRules) {  // semantics 93, R4
  const World world = denying_all();
  for (const std::uint32_t state : {MatchCtState::established, MatchCtState::related}) {
    EXPECT_TRUE(world.allows(in_state(tcp(web, outside, 45678), state)));
    EXPECT_TRUE(world.allows(in_state(tcp(outside, web, 45678), state)));
    EXPECT_TRUE(world.allows(in_state(to_node(tcp(web, node_a, 45678)), state)));
  }
}

TEST(Packet_ThatIsNotTracked, IsJudgedLikeAFirstOne) {  // semantics 98
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}");
  EXPECT_TRUE(world.allows(in_state(tcp(outside, web, 80), MatchCtState::untracked)));
  EXPECT_TRUE(world.denies(in_state(tcp(outside, web, 81), MatchCtState::untracked)));
  EXPECT_TRUE(world.allows(in_state(tcp(outside, api, 81), MatchCtState::untracked)));
}

// ---- beside others -----------------------------------------------------------------

TEST(Denial, IsADrop_NeverAReject) {  // semantics R1
  const std::string text = nft::to_text(denying_all().table());
  EXPECT_NE(text.find("drop"), std::string::npos);
  EXPECT_EQ(text.find("reject"), std::string::npos);
}

// One more base chain, as another table's would be: the kernel runs all that are at a hook.
TEST(AnotherEngine_AndThisOne, MustBothAllow) {  // semantics 101
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}");
  for (const int priority : {-20, 20}) {
    const auto judge = [&](const nft::Verdict& verdict, std::uint16_t port) {
      nft::Table both = world.table();
      both.chains["other"] = {.base = nft::Base{nft::Hook::forward, priority},
                              .rules = {{.matches = {}, .counter = "", .verdict = verdict, .comment = ""}}};
      return nft::simulate(both, by(tcp(outside, web, port), "eth0", "cni0")).accepted;
    };
    EXPECT_TRUE(judge(nft::Accept{}, 80));
    EXPECT_FALSE(judge(nft::Drop{}, 80));
    EXPECT_FALSE(judge(nft::Accept{}, 81));
  }
}

TEST(Arp_AndDhcp_AreLeftAlone, ByATableOfInternetPackets) {  // semantics 105, 109, R13
  const World world = denying_all();
  EXPECT_NE(nft::to_text(world.table()).find("table inet selvedge"), std::string::npos);
  const auto discover = with_type(udp("0.0.0.0", "255.255.255.255", 67), MatchFibType::broadcast);
  EXPECT_TRUE(world.allows(between_ports(discover)));
  EXPECT_TRUE(world.allows(with_type(to_node(discover), MatchFibType::broadcast)));
  const auto solicit = with_type(udp("fe80::a", "ff02::1:2", 547), MatchFibType::multicast);
  EXPECT_TRUE(world.allows(between_ports(solicit)));
  EXPECT_TRUE(world.allows(with_type(to_node(solicit), MatchFibType::multicast)));
}

TEST(Chains_LeadNoDeeper, ThanTheKernelFollows) {  // semantics 110
  World world = denying_all();
  for (int i = 0; i < 40; ++i) world.policy(deny_all, "policy-" + std::to_string(i));
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));  // World has validated the table, depth included
}

// ---- R13 ---------------------------------------------------------------------------

TEST(LinkScope_BetweenPodsAndToTheNode, IsClosedAsSoonAsOneOfThemIsIsolated) {  // semantics R13, 41
  const std::vector<nft::Packet> packets = {
      tcp("fe80::a", "fe80::b", 80),
      tcp(web6, "fe80::b", 80),
      tcp("fe80::a", api6, 80),
      tcp("169.254.7.7", api, 80),
      tcp(web, "169.254.7.7", 80),
      with_type(udp(web, "10.244.1.255", 53), MatchFibType::broadcast),
      with_type(udp(web, "255.255.255.255", 53), MatchFibType::broadcast),
      with_type(udp(web, "224.0.0.1", 53), MatchFibType::multicast),
      with_type(udp(web6, "ff02::1", 53), MatchFibType::multicast),
  };
  for (const char* types : {"Ingress", "Egress"}) {
    World world;
    for (const auto& packet : packets) EXPECT_TRUE(world.allows(between_ports(packet)));
    world.policy(std::string("{podSelector: {matchLabels: {app: api}}, policyTypes: [") + types +
                 "], ingress: [{}], egress: [{}]}");
    for (const auto& packet : packets) {
      EXPECT_TRUE(world.denies(between_ports(packet)));
      EXPECT_TRUE(world.denies(with_type(to_node(packet), packet.destination_type)));
    }
    world.drop(k8s::Kind::network_policy, "shop", "policy");
    for (const auto& packet : packets) EXPECT_TRUE(world.allows(between_ports(packet)));
  }
}

TEST(LinkScope_IsClosed, WhenTheOnlyIsolatedPodHasNoAddressYet) {  // semantics R13, 58
  World world;
  world.pod({.name = "late", .labels = "app: late"});
  world.policy("{podSelector: {matchLabels: {app: late}}}");
  EXPECT_TRUE(world.denies(between_ports(tcp("fe80::a", "fe80::b", 80))));
}

TEST(LinkScope_IsLeftAlone, WhereOnlyAPodOfAnotherNodeIsIsolated) {  // semantics R13, 71
  World world;
  world.policy("{podSelector: {matchLabels: {app: db}}}");
  EXPECT_TRUE(world.allows(between_ports(tcp("fe80::a", "fe80::b", 80))));
}

}  // namespace
}  // namespace selvedge::test
