#include "controller/policy.h"

#include <gtest/gtest.h>

namespace selvedge {
namespace {

using k8s::Protocol;

k8s::NetworkPolicy ingress_policy(k8s::PolicyRule rule) {
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "shop", .name = "api", .uid = "", .labels = {}, .created = ""};
  policy.ingress_isolates = true;
  policy.ingress.push_back(std::move(rule));
  return policy;
}

k8s::NetworkPolicy with_peer(k8s::Peer peer) {
  return ingress_policy({.peers = {std::move(peer)}, .ports = {}});
}
k8s::NetworkPolicy with_block(std::string cidr, std::vector<std::string> except = {}) {
  return with_peer(
      {.pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{std::move(cidr), std::move(except)}});
}
k8s::NetworkPolicy with_port(k8s::PolicyPort port) {
  return ingress_policy({.peers = {}, .ports = {std::move(port)}});
}

nft::Interval interval(const char* first, const char* last) {
  return {*nft::parse_address(first), *nft::parse_address(last)};
}

// What comes of one `from` element or one port entry that must match nothing: no rule, isolation all the same.
void expect_nothing(const k8s::NetworkPolicy& policy, const std::string& field, const std::string& value) {
  const CompiledPolicy compiled = compile(policy);
  EXPECT_TRUE(compiled.policy.ingress.isolates);
  EXPECT_TRUE(compiled.policy.ingress.rules.empty());
  ASSERT_EQ(compiled.problems.size(), 1U);
  EXPECT_EQ(compiled.problems[0].object, (k8s::ObjectKey{"shop", "api"}));
  EXPECT_EQ(compiled.problems[0].field, field);
  EXPECT_NE(compiled.problems[0].message.find(value), std::string::npos) << compiled.problems[0].message;
  EXPECT_TRUE(compiled.problems[0].closed);
}

TEST(Policy, EmptyRule_AllowsAnyoneOnAnyPortOfAnyProtocol) {  // semantics 5, 6
  const CompiledPolicy compiled = compile(ingress_policy({}));
  ASSERT_EQ(compiled.policy.ingress.rules.size(), 1U);
  EXPECT_TRUE(compiled.policy.ingress.rules[0].anyone);
  EXPECT_TRUE(compiled.policy.ingress.rules[0].ports.any);
}

TEST(Policy, RulesOfADirectionThatIsNotIsolated_AreIgnored) {  // semantics 2, 3
  k8s::NetworkPolicy policy = ingress_policy({});
  policy.egress.push_back({});
  const CompiledPolicy compiled = compile(policy);
  EXPECT_FALSE(compiled.policy.egress.isolates);
  EXPECT_TRUE(compiled.policy.egress.rules.empty());
}

TEST(Policy, PodSelectorAlone_StaysInThePolicysNamespace) {  // semantics 10, 12
  const CompiledPolicy compiled =
      compile(with_peer({.pod_selector = k8s::LabelSelector{}, .namespace_selector = {}, .ip_block = {}}));
  ASSERT_EQ(compiled.policy.ingress.rules.size(), 1U);
  EXPECT_EQ(compiled.policy.ingress.rules[0].pods[0].set.ns, "shop");
}

TEST(Policy, NamespaceSelectorAlone_IsTheSameAsWithAnEmptyPodSelector) {  // semantics 10, 11
  const CompiledPolicy alone =
      compile(with_peer({.pod_selector = {}, .namespace_selector = k8s::LabelSelector{}, .ip_block = {}}));
  const CompiledPolicy both = compile(
      with_peer({.pod_selector = k8s::LabelSelector{}, .namespace_selector = k8s::LabelSelector{}, .ip_block = {}}));
  EXPECT_EQ(alone.policy, both.policy);
  EXPECT_EQ(alone.policy.ingress.rules.at(0).pods.at(0).set.ns, "");
}

TEST(Policy, EmptyPeer_MatchesNothing) {  // semantics 7
  expect_nothing(with_peer({}), "spec.ingress[0].from[0]", "is empty");
}

TEST(Policy, BlockBesideASelector_MatchesNothing) {  // semantics 8
  expect_nothing(
      with_peer(
          {.pod_selector = k8s::LabelSelector{}, .namespace_selector = {}, .ip_block = k8s::IpBlock{"10.0.0.0/8", {}}}),
      "spec.ingress[0].from[0]", "ipBlock");
}

TEST(Policy, PeerWithAnInvalidSelector_MatchesNothing) {  // semantics 13
  expect_nothing(
      with_peer({.pod_selector = k8s::LabelSelector{.match_labels = {{"app", "a b"}}, .match_expressions = {}},
                 .namespace_selector = {},
                 .ip_block = {}}),
      "spec.ingress[0].from[0].podSelector", "a b");
}

TEST(Policy, InvalidPodSelectorOfThePolicy_IsolatesTheWholeNamespaceInBothDirections) {  // semantics 13, R9
  k8s::NetworkPolicy policy = ingress_policy({});
  policy.pod_selector.match_labels["app"] = "a b";
  const CompiledPolicy compiled = compile(policy);
  EXPECT_TRUE(compiled.policy.pods.requirements.empty());
  EXPECT_TRUE(compiled.policy.ingress.isolates && compiled.policy.egress.isolates);
  EXPECT_TRUE(compiled.policy.ingress.rules.empty() && compiled.policy.egress.rules.empty());
  ASSERT_EQ(compiled.problems.size(), 1U);
  EXPECT_TRUE(compiled.problems[0].closed);
}

TEST(Policy, NotUnderstood_IsolatesTheWholeNamespaceInBothDirections) {  // R9
  k8s::NetworkPolicy policy = ingress_policy({});
  policy.understood = false;
  const CompiledPolicy compiled = compile(policy);
  EXPECT_TRUE(compiled.policy.ingress.isolates && compiled.policy.egress.isolates);
  EXPECT_TRUE(compiled.policy.ingress.rules.empty() && compiled.policy.egress.rules.empty());
}

TEST(Policy, Except_IsTakenOutOfItsBlock) {  // semantics 45
  const CompiledPolicy compiled = compile(with_block("203.0.113.0/24", {"203.0.113.5/32"}));
  EXPECT_EQ(
      compiled.policy.ingress.rules.at(0).blocks,
      (std::vector<nft::Interval>{interval("203.0.113.0", "203.0.113.4"), interval("203.0.113.6", "203.0.113.255")}));
  EXPECT_TRUE(compiled.problems.empty());
}

TEST(Policy, ExceptOfOneBlock_DoesNotTakeFromAnother) {  // semantics 45, 47
  k8s::NetworkPolicy policy = with_block("203.0.113.0/24", {"203.0.113.5/32"});
  policy.ingress[0].peers.push_back(
      {.pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{"203.0.113.4/31", {}}});
  EXPECT_EQ(compile(policy).policy.ingress.rules.at(0).blocks,
            (std::vector<nft::Interval>{interval("203.0.113.0", "203.0.113.255")}));
}

TEST(Policy, ExceptOutsideItsBlock_HasNoEffectAndIsReported) {  // semantics 45
  const CompiledPolicy compiled = compile(with_block("203.0.113.0/24", {"203.0.114.5/32", "fd00::/8"}));
  EXPECT_EQ(compiled.policy.ingress.rules.at(0).blocks.size(), 1U);
  ASSERT_EQ(compiled.problems.size(), 2U);
  EXPECT_EQ(compiled.problems[0].field, "spec.ingress[0].from[0].ipBlock.except[0]");
  EXPECT_FALSE(compiled.problems[0].closed);
}

TEST(Policy, ExceptThatCoversItsBlock_LeavesNothing) {  // semantics 45
  const CompiledPolicy compiled = compile(with_block("203.0.113.0/24", {"203.0.113.0/24"}));
  EXPECT_TRUE(compiled.policy.ingress.rules.empty());
  EXPECT_EQ(compiled.problems.size(), 1U);
}

TEST(Policy, UnreadableCidrOrExcept_MatchesNothing) {
  expect_nothing(with_block("10.0.0.0/33"), "spec.ingress[0].from[0].ipBlock.cidr", "10.0.0.0/33");
  expect_nothing(with_block("10.0.0.0/8", {"10.1"}), "spec.ingress[0].from[0].ipBlock.except[0]", "10.1");
}

TEST(Policy, ProtocolWithoutPort_IsEveryPortOfIt) {  // semantics 24
  const CompiledPolicy compiled = compile(with_port({.protocol = Protocol::udp, .port = {}, .end_port = {}}));
  const PortMatch& ports = compiled.policy.ingress.rules.at(0).ports;
  EXPECT_FALSE(ports.any);
  EXPECT_EQ(ports.numbered, (std::map<Protocol, PortRanges>{{Protocol::udp, {}}}));
}

TEST(Policy, WholeProtocol_SwallowsItsNumbers) {
  k8s::NetworkPolicy policy = with_port({.protocol = Protocol::tcp, .port = std::int64_t{80}, .end_port = {}});
  policy.ingress[0].ports.push_back({.protocol = Protocol::tcp, .port = {}, .end_port = {}});
  EXPECT_EQ(compile(policy).policy.ingress.rules.at(0).ports.numbered,
            (std::map<Protocol, PortRanges>{{Protocol::tcp, {}}}));
}

TEST(Policy, RangesThatOverlapOrTouch_AreOne) {  // semantics 27, 28
  k8s::NetworkPolicy policy = with_port({.protocol = Protocol::tcp, .port = std::int64_t{80}, .end_port = 90});
  policy.ingress[0].ports.push_back({.protocol = Protocol::tcp, .port = std::int64_t{85}, .end_port = 95});
  policy.ingress[0].ports.push_back({.protocol = Protocol::tcp, .port = std::int64_t{96}, .end_port = {}});
  policy.ingress[0].ports.push_back({.protocol = Protocol::tcp, .port = std::int64_t{65535}, .end_port = 65535});
  EXPECT_EQ(compile(policy).policy.ingress.rules.at(0).ports.numbered,
            (std::map<Protocol, PortRanges>{{Protocol::tcp, {{80, 96}, {65535, 65535}}}}));
}

TEST(Policy, PortsOutOfRange_MatchNothing) {  // semantics 29
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::int64_t{0}, .end_port = {}}),
                 "spec.ingress[0].ports[0].port", "0");
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::int64_t{65536}, .end_port = {}}),
                 "spec.ingress[0].ports[0].port", "65536");
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::string(), .end_port = {}}),
                 "spec.ingress[0].ports[0].port", "\"\"");
}

TEST(Policy, NameThatNoPortCanHave_MatchesNothing) {
  for (const char* name : {"Http", "80", "-http", "http-", "ht--tp", "sixteen-letters-", "a\"b", "a\nb"}) {
    expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::string(name), .end_port = {}}),
                   "spec.ingress[0].ports[0].port", name);
  }
}

TEST(Policy, EndPortThatFitsNoRange_MatchesNothing) {  // semantics 27
  const std::string field = "spec.ingress[0].ports[0].endPort";
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = {}, .end_port = 90}), field, "90");
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::string("http"), .end_port = 90}), field, "90");
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::int64_t{91}, .end_port = 90}), field, "90");
  expect_nothing(with_port({.protocol = Protocol::tcp, .port = std::int64_t{91}, .end_port = 70000}), field, "70000");
}

TEST(Policy, OneBrokenPort_LeavesTheOthers) {
  k8s::NetworkPolicy policy = with_port({.protocol = Protocol::tcp, .port = std::int64_t{0}, .end_port = {}});
  policy.ingress[0].ports.push_back({.protocol = Protocol::tcp, .port = std::int64_t{80}, .end_port = {}});
  EXPECT_EQ(compile(policy).policy.ingress.rules.size(), 1U);
}

TEST(Policy, WhatDecodingDidNotUnderstand_MatchesNothing) {  // semantics 21
  k8s::Peer peer{.pod_selector = k8s::LabelSelector{}, .namespace_selector = {}, .ip_block = {}};
  peer.understood = false;
  EXPECT_TRUE(compile(with_peer(peer)).policy.ingress.rules.empty());
  EXPECT_TRUE(compile(with_port({.protocol = Protocol::tcp, .port = {}, .end_port = {}, .understood = false}))
                  .policy.ingress.rules.empty());
  EXPECT_TRUE(compile(ingress_policy({.peers = {}, .ports = {}, .understood = false})).policy.ingress.rules.empty());
}

TEST(Policy, NamedPort_KeepsItsProtocol) {  // semantics 32
  const CompiledPolicy compiled =
      compile(with_port({.protocol = Protocol::udp, .port = std::string("dns"), .end_port = {}}));
  EXPECT_EQ(compiled.policy.ingress.rules.at(0).ports.named, (std::set<NamedPort>{{Protocol::udp, "dns"}}));
}

}  // namespace
}  // namespace selvedge
