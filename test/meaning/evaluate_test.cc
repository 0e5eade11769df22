// What evaluate() answers beside allowed and denied: whose pod, which policies, which rules. That the
// verdicts are right, case by case, is shown in test/semantics.
#include "controller/meaning/evaluate.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "nft/ip.h"

namespace selvedge::meaning {
namespace {

using Kind = Reason::Kind;

const k8s::Labels web = {{"app", "web"}};
const k8s::Labels db = {{"app", "db"}};

nft::Address ip(const char* text) {
  return *nft::parse_address(text);
}

k8s::LabelSelector selector(k8s::Labels labels) {
  return {.match_labels = std::move(labels), .match_expressions = {}};
}

k8s::Pod pod(const std::string& name, k8s::Labels labels, std::vector<std::string> addresses,
             const std::string& node = "node-a") {
  k8s::Pod pod;
  pod.meta.ns = "shop";
  pod.meta.name = name;
  pod.meta.labels = std::move(labels);
  pod.node = node;
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = std::move(addresses);
  return pod;
}

k8s::Peer pods(k8s::Labels labels) {
  return {.pod_selector = selector(std::move(labels)), .namespace_selector = {}, .ip_block = {}};
}

k8s::PolicyPort tcp(std::int64_t number) {
  return {.protocol = k8s::Protocol::tcp, .port = number, .end_port = {}};
}

k8s::NetworkPolicy policy(const std::string& name, k8s::Labels labels, std::vector<k8s::PolicyRule> ingress) {
  k8s::NetworkPolicy policy;
  policy.meta.ns = "shop";
  policy.meta.name = name;
  policy.pod_selector = selector(std::move(labels));
  policy.ingress_isolates = true;
  policy.ingress = std::move(ingress);
  return policy;
}

nft::Packet tcp_packet(const char* source, const char* destination, std::uint16_t port) {
  return {.hook = nft::Hook::forward,
          .in = "cni0",
          .out = "cni0",
          .source = ip(source),
          .destination = ip(destination),
          .protocol = 6,
          .port = port};
}

const Viewpoint on_node_a = {.node = "node-a"};

// web-1 may be reached at 443 by db pods (twice over) and at 80 by anyone.
std::vector<k8s::Object> shop() {
  return {pod("web-1", web, {"10.244.1.5"}), pod("db-1", db, {"10.244.1.6"}),
          policy("one", web, {{.peers = {pods({{"app", "cache"}}), pods(db)}, .ports = {tcp(80), tcp(443)}}}),
          policy("two", web, {{.peers = {}, .ports = {tcp(80)}}, {.peers = {pods(db)}, .ports = {}}})};
}

Judgement judge(const std::vector<k8s::Object>& objects, const nft::Packet& packet) {
  return Meaning(on_node_a, objects).evaluate(packet);
}

TEST(Reasons, NameEachDirectionThatWasAsked) {
  const auto judgement = judge(shop(), tcp_packet("10.244.1.6", "10.244.1.5", 443));
  EXPECT_TRUE(judgement.allowed);
  ASSERT_EQ(judgement.reasons.size(), 2U);
  EXPECT_EQ(to_string(judgement.reasons[0]), "egress of shop/db-1 allowed: not isolated");
  EXPECT_EQ(to_string(judgement.reasons[1]),
            "ingress of shop/web-1 allowed by shop/one ingress[0] from[1] ports[1], shop/two ingress[1] from[0]");
}

TEST(Reasons, NameEveryPolicyThatIsolates_WhenNoneAllows) {
  const auto judgement = judge(shop(), tcp_packet("10.9.9.9", "10.244.1.5", 443));
  EXPECT_FALSE(judgement.allowed);
  ASSERT_EQ(judgement.reasons.size(), 2U);
  EXPECT_EQ(to_string(judgement.reasons[0]), "egress allowed: not isolated");
  EXPECT_EQ(to_string(judgement.reasons[1]),
            "ingress of shop/web-1 denied: isolated by shop/one, shop/two, and no rule allows it");
}

TEST(Reasons, SayThatAPodWasNotUnderstood) {
  auto broken = pod("web-1", web, {"10.244.1.5"});
  broken.understood = false;
  const auto judgement = judge({broken}, tcp_packet("10.9.9.9", "10.244.1.5", 443));
  EXPECT_FALSE(judgement.allowed);
  EXPECT_EQ(to_string(judgement.reasons[1]),
            "ingress of shop/web-1 denied: its object was not understood, and no rule allows it");
}

TEST(Reasons, OneIsEnough_WhereTheWayOfThePacketSettlesIt) {
  auto packet = tcp_packet("10.9.9.9", "10.244.1.5", 443);
  packet.state = nft::MatchCtState::established;
  EXPECT_EQ(judge(shop(), packet), (Judgement{true, {{.kind = Kind::reply}}}));
  packet.hook = nft::Hook::input;
  packet.in = "eth0";
  EXPECT_EQ(judge(shop(), packet), (Judgement{true, {{.kind = Kind::not_ours}}}));
}

TEST(Reasons, AskAboutIngress_OnlyOfForwardedPackets) {
  auto packet = tcp_packet("10.244.1.6", "10.244.1.5", 443);
  packet.hook = nft::Hook::input;
  packet.out = "";
  EXPECT_EQ(judge(shop(), packet).reasons.size(), 1U);
}

TEST(Reasons, NeverEmpty_EvenWithoutObjects) {
  const auto judgement = judge({}, tcp_packet("10.9.9.9", "10.9.9.8", 443));
  EXPECT_TRUE(judgement.allowed);
  EXPECT_EQ(judgement.reasons.size(), 2U);
}

TEST(Grants, AreWhatTheRulesAllow_WhateverThePort) {
  const Meaning meaning(on_node_a, shop());
  const auto grants = meaning.grants(ip("10.244.1.5"), Direction::ingress, ip("10.244.1.6"));
  ASSERT_TRUE(grants);
  const Grant one = {.policy = {"shop", "one"}, .direction = Direction::ingress, .rule = 0, .peer = 1};
  Grant at_80 = one;
  at_80.port = 0, at_80.protocol = 6, at_80.ports = {80, 80};
  Grant at_443 = one;
  at_443.port = 1, at_443.protocol = 6, at_443.ports = {443, 443};
  const Grant anyone = {
      .policy = {"shop", "two"}, .direction = Direction::ingress, .port = 0, .protocol = 6, .ports = {80, 80}};
  const Grant any_port = {.policy = {"shop", "two"}, .direction = Direction::ingress, .rule = 1, .peer = 0};
  EXPECT_EQ(*grants, (std::vector{at_80, at_443, anyone, any_port}));
}

TEST(Grants, NoValue_WhereNothingIsolates_IsNotTheSameAsNone) {
  const Meaning meaning(on_node_a, {pod("web-1", web, {"10.244.1.5"}), policy("none", web, {})});
  EXPECT_EQ(meaning.grants(ip("10.244.1.5"), Direction::ingress, ip("10.9.9.9")), std::vector<Grant>{});
  EXPECT_EQ(meaning.grants(ip("10.244.1.5"), Direction::egress, ip("10.9.9.9")), std::nullopt);
  EXPECT_EQ(meaning.grants(ip("10.9.9.9"), Direction::ingress, ip("10.244.1.5")), std::nullopt);
}

TEST(LocalAddresses, AreThoseOfThisNodesPods_Sorted) {
  auto host = pod("host", {}, {"192.0.2.1"});
  host.host_network = true;
  auto over = pod("over", {}, {"10.244.1.9"});
  over.phase = k8s::Pod::Phase::failed;
  const std::vector<k8s::Object> objects = {pod("b", {}, {"10.244.1.7", "fd00::7"}),
                                            pod("a", {}, {"10.244.1.6"}),
                                            pod("far", {}, {"10.244.2.6"}, "node-b"),
                                            pod("new", {}, {}),
                                            host,
                                            over};
  EXPECT_EQ(Meaning(on_node_a, objects).local_addresses(),
            (std::vector{ip("10.244.1.6"), ip("10.244.1.7"), ip("fd00::7")}));
  EXPECT_EQ(Meaning({}, objects).local_addresses().size(), 4U);
}

TEST(AddressEdges, NamePodsOfAllNodes_BlocksAndExcepts) {
  auto blocks = policy(
      "blocks", web,
      {{.peers = {{.pod_selector = {}, .namespace_selector = {}, .ip_block = {{"192.0.2.77/24", {"192.0.2.16/28"}}}}},
        .ports = {}}});
  const auto edges = Meaning(on_node_a, {pod("far", {}, {"10.244.2.6"}, "node-b"), blocks}).address_edges();
  const auto has = [&](const char* first, const char* last) {
    return std::find(edges.begin(), edges.end(), nft::Interval{ip(first), ip(last)}) != edges.end();
  };
  EXPECT_TRUE(has("10.244.2.6", "10.244.2.6"));
  EXPECT_TRUE(has("192.0.2.0", "192.0.2.255"));
  EXPECT_TRUE(has("192.0.2.16", "192.0.2.31"));
  EXPECT_TRUE(has("169.254.0.0", "169.254.255.255"));
  EXPECT_TRUE(has("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(Objects, LastOfOneKey_Counts) {
  auto objects = shop();
  objects.emplace_back(policy("two", web, {}));
  EXPECT_FALSE(judge(objects, tcp_packet("10.9.9.9", "10.244.1.5", 80)).allowed);
}

}  // namespace
}  // namespace selvedge::meaning
