// NetworkPolicy: the API server's defaults, and what a fault closes.
#include <gtest/gtest.h>

#include "test/k8sclient/decoding.h"

namespace selvedge::k8s {
namespace {

bool closed_whole(const NetworkPolicy& policy) {
  return !policy.understood && policy.ingress_isolates && policy.egress_isolates && policy.ingress.empty() &&
         policy.egress.empty() && policy.pod_selector == LabelSelector{};
}

TEST(DecodePolicy, PolicyTypes_Absent_IsolateIngress_AndEgressWhenThereAreEgressRules) {  // semantics 1
  EXPECT_TRUE(policy_with("{}").object.ingress_isolates);
  EXPECT_FALSE(policy_with("{}").object.egress_isolates);
  EXPECT_FALSE(policy_with("{egress: []}").object.egress_isolates);
  EXPECT_FALSE(policy_with("{egress: null, policyTypes: null}").object.egress_isolates);
  EXPECT_TRUE(policy_with("{egress: [{}]}").object.egress_isolates);
  EXPECT_TRUE(policy_with("{egress: [{}], policyTypes: []}").object.ingress_isolates);
}

TEST(DecodePolicy, PolicyTypes_Given_AreTakenAsTheyAre) {  // semantics 2, 3, 4
  const auto egress = policy_with("{policyTypes: [Egress], ingress: [{}]}").object;
  EXPECT_FALSE(egress.ingress_isolates);
  EXPECT_TRUE(egress.egress_isolates);
  const auto ingress = policy_with("{policyTypes: [Ingress], egress: [{}]}").object;
  EXPECT_TRUE(ingress.ingress_isolates);
  EXPECT_FALSE(ingress.egress_isolates);
}

TEST(DecodePolicy, PolicyType_ThatIsUnknown_ClosesTheWholePolicy) {  // semantics 21
  const auto one = policy_with("{policyTypes: [Ingress, Transit], ingress: [{}]}");
  EXPECT_TRUE(closed_whole(one.object));
  EXPECT_EQ(one.words(),
            "NetworkPolicy shop/api: spec.policyTypes[1] \"Transit\" is not a policy type; every pod of its namespace "
            "is isolated, and it allows nothing\n");
  EXPECT_TRUE(one.problems.front().closed);
}

TEST(DecodePolicy, PodSelector_Missing_SelectsAllPodsOfTheNamespace) {  // semantics 9
  EXPECT_EQ(policy_with("{}").object.pod_selector, LabelSelector{});
  EXPECT_EQ(policy_with("{podSelector: null}").object.pod_selector, LabelSelector{});
  EXPECT_TRUE(policy_with("{}").object.understood);
}

TEST(DecodePolicy, Spec_Missing_IsolatesIngress) {
  const auto one = decode_one<NetworkPolicy>(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: api, namespace: shop}}");
  EXPECT_TRUE(one.object.understood);
  EXPECT_TRUE(one.object.ingress_isolates);
}

TEST(DecodePolicy, FaultsOfTheSpec_CloseTheWholePolicy) {
  for (const std::string spec :
       {"{podSelektor: {}}", "[]", "text", "{podSelector: []}", "{podSelector: {matchLabels: {app: yes}}}",
        "{podSelector: {matchExpressions: [{key: app, operator: Like, values: [x]}]}}", "{ingress: {}}",
        "{egress: text}", "{policyTypes: Ingress}", "{policyTypes: [1]}", "{policyTypes: [null]}",
        "{podSelector: {matchLabel: {}}}"}) {
    const auto one = policy_with(spec);
    EXPECT_TRUE(closed_whole(one.object)) << spec;
    ASSERT_FALSE(one.problems.empty()) << spec;
    EXPECT_TRUE(one.problems.front().closed) << spec;
    EXPECT_EQ(one.object.meta.key(), (ObjectKey{"shop", "api"})) << spec;
  }
}

TEST(DecodePolicy, FieldsBesideTheSpec_ThatAreUnknown_CloseTheWholePolicy) {
  const auto one = decode_one<NetworkPolicy>(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, Spec: {}}");
  EXPECT_TRUE(closed_whole(one.object));
}

TEST(DecodePolicy, Rule_WithAnUnknownField_AllowsNothing_AndTheOthersStay) {  // semantics 21
  const auto one = policy_with("{ingress: [{from: [], unless: []}, {}]}");
  ASSERT_EQ(one.object.ingress.size(), 2U);
  EXPECT_FALSE(one.object.ingress[0].understood);
  EXPECT_TRUE(one.object.ingress[1].understood);
  EXPECT_TRUE(one.object.understood);
  EXPECT_EQ(one.words(),
            "NetworkPolicy shop/api: spec.ingress[0] has an unknown field \"unless\"; the rule allows nothing\n");
}

TEST(DecodePolicy, Rule_WithTheOtherDirectionsField_AllowsNothing) {
  EXPECT_FALSE(policy_with("{ingress: [{to: []}]}").object.ingress[0].understood);
  EXPECT_FALSE(policy_with("{egress: [{from: []}]}").object.egress[0].understood);
}

TEST(DecodePolicy, Rule_OfTheWrongType_AllowsNothing) {
  for (const std::string rule : {"text", "[]", "{from: {}}", "{ports: 80}", "{from: text}"}) {
    const auto one = policy_with("{ingress: [" + rule + "]}");
    ASSERT_EQ(one.object.ingress.size(), 1U) << rule;
    EXPECT_FALSE(one.object.ingress[0].understood) << rule;
    EXPECT_EQ(one.problems.size(), 1U) << rule;
  }
}

TEST(DecodePolicy, Peer_WithAFault_StaysInTheListAsOneThatMatchesNothing) {  // semantics 6, 7: no peers would be all
  for (const std::string peer :
       {"{podSelectors: {}}", "text", "{ipBlock: {}}", "{ipBlock: {cidr: 10}}", "{ipBlock: 10.0.0.0/8}",
        "{ipBlock: {cidr: 10.0.0.0/8, excepts: []}}", "{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}",
        "{podSelector: {matchLabels: [a]}}", "{namespaceSelector: text}", "{podSelector: {}, unless: {}}"}) {
    const auto one = policy_with("{ingress: [{from: [" + peer + "]}]}");
    ASSERT_EQ(one.object.ingress.size(), 1U) << peer;
    EXPECT_TRUE(one.object.ingress[0].understood) << peer;
    ASSERT_EQ(one.object.ingress[0].peers.size(), 1U) << peer;
    EXPECT_FALSE(one.object.ingress[0].peers[0].understood) << peer;
    EXPECT_EQ(one.problems.size(), 1U) << peer << "\n" << one.words();
  }
}

TEST(DecodePolicy, Peer_KeepsWhichSelectorsArePresent) {  // semantics 10, 12
  const auto rule = policy_with(
                        "{ingress: [{from: [{podSelector: {}}, {namespaceSelector: {}, podSelector: null}, "
                        "{}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}")
                        .object.ingress.at(0);
  ASSERT_EQ(rule.peers.size(), 4U);
  EXPECT_TRUE(rule.peers[0].pod_selector && !rule.peers[0].namespace_selector);
  EXPECT_TRUE(!rule.peers[1].pod_selector && rule.peers[1].namespace_selector);
  EXPECT_EQ(rule.peers[2], Peer{});
  EXPECT_EQ(*rule.peers[3].ip_block, (IpBlock{"10.0.0.0/8", {"10.1.0.0/16"}}));
}

TEST(DecodePolicy, Selector_LabelThatIsNotAString_IsNotUnderstood_AndTheMessageSaysQuoteIt) {
  const auto one = policy_with("{ingress: [{from: [{podSelector: {matchLabels: {enabled: true}}}]}]}");
  EXPECT_FALSE(one.object.ingress[0].peers[0].pod_selector->understood);
  EXPECT_EQ(one.words(),
            "NetworkPolicy shop/api: spec.ingress[0].from[0].podSelector.matchLabels[enabled] true is a boolean, not "
            "a string (quote it); the peer matches nothing\n");
}

TEST(DecodePolicy, Selector_Requirements_AreReadWithTheirOperators) {  // semantics 13
  const auto selector = policy_with(
                            "{podSelector: {matchExpressions: [{key: a, operator: In, values: [x, w]}, "
                            "{key: b, operator: NotIn, values: [z]}, {key: c, operator: Exists}, "
                            "{key: d, operator: DoesNotExist, values: []}]}}")
                            .object.pod_selector;
  EXPECT_TRUE(selector.understood);
  using Op = Requirement::Operator;
  const std::vector<Requirement> expected{
      {"a", Op::in, {"x", "w"}}, {"b", Op::not_in, {"z"}}, {"c", Op::exists, {}}, {"d", Op::does_not_exist, {}}};
  EXPECT_EQ(selector.match_expressions, expected);
}

TEST(DecodePolicy, Selector_RequirementsThatTheServerRefuses_AreNotUnderstood) {  // semantics 13
  for (const std::string requirement :
       {"{key: a, operator: In}", "{key: a, operator: NotIn, values: []}", "{key: a, operator: Exists, values: [x]}",
        "{key: a, operator: in, values: [x]}", "{key: a}", "{operator: Exists}", "{key: 1, operator: Exists}",
        "{key: a, operator: In, values: [1]}", "{key: a, operator: In, values: x}", "text",
        "{key: a, operator: Exists, negate: true}"}) {
    const auto one = policy_with("{ingress: [{from: [{podSelector: {matchExpressions: [" + requirement + "]}}]}]}");
    EXPECT_FALSE(one.object.ingress.at(0).peers.at(0).pod_selector->understood) << requirement;
    EXPECT_FALSE(one.problems.empty()) << requirement;
  }
}

TEST(DecodePolicy, Port_Protocol_DefaultsToTcp) {  // semantics 23, 25
  const auto ports = policy_with(
                         "{ingress: [{ports: [{}, {port: 80, protocol: null}, {protocol: UDP}, "
                         "{port: dns, protocol: SCTP}, {port: 1, endPort: 9}]}]}")
                         .object.ingress.at(0)
                         .ports;
  ASSERT_EQ(ports.size(), 5U);
  EXPECT_EQ(ports[0], PolicyPort{});
  EXPECT_EQ(ports[1].protocol, Protocol::tcp);
  EXPECT_EQ(std::get<std::int64_t>(ports[1].port), 80);
  EXPECT_EQ(ports[2].protocol, Protocol::udp);
  EXPECT_EQ(std::get<std::string>(ports[3].port), "dns");
  EXPECT_EQ(ports[4].end_port, 9);
}

TEST(DecodePolicy, Port_WithAFault_StaysInTheListAsOneThatMatchesNothing) {  // semantics 6: no ports would be all
  for (const std::string port :
       {"{ports: 80}", "text", "{port: true}", "{port: 80.5}", "{port: [80]}", "{protocol: ICMP}", "{protocol: tcp}",
        "{protocol: \"\"}", "{port: 80, endPort: \"90\"}", "{port: 99999999999999999999}",
        "{port: 18446744073709551615}"}) {
    const auto one = policy_with("{egress: [{ports: [" + port + "]}]}");
    ASSERT_EQ(one.object.egress.at(0).ports.size(), 1U) << port;
    EXPECT_FALSE(one.object.egress[0].ports[0].understood) << port;
    EXPECT_TRUE(one.object.egress[0].understood) << port;
    EXPECT_EQ(one.problems.size(), 1U) << port;
  }
}

TEST(DecodePolicy, ValuesThatAreOnlyOdd_AreLeftToTheCore) {  // semantics 27, 29, 50
  const auto one = policy_with(
      "{ingress: [{from: [{ipBlock: {cidr: nonsense}}], ports: [{port: 0}, "
      "{port: 80, endPort: 79}, {endPort: 5}]}]}");
  EXPECT_TRUE(one.problems.empty()) << one.words();
  EXPECT_EQ(one.object.ingress[0].peers[0].ip_block->cidr, "nonsense");
}

TEST(DecodePolicy, NullElements_AreEmptyOnes_AsForTheApiServer) {
  const auto policy = policy_with("{ingress: [null], egress: [{to: [null], ports: [null]}]}").object;
  EXPECT_EQ(policy.ingress.at(0), PolicyRule{});
  EXPECT_EQ(policy.egress.at(0).peers.at(0), Peer{});
  EXPECT_EQ(policy.egress.at(0).ports.at(0), PolicyPort{});
}

TEST(DecodePolicy, MillionsOfFaults_AreCounted_NotListed) {
  std::string rules;
  for (int i = 0; i < 5000; ++i) rules += "{a: 1},";
  const auto one = policy_with("{ingress: [" + rules + "]}");
  EXPECT_EQ(one.object.ingress.size(), 5000U);
  EXPECT_FALSE(one.object.ingress.back().understood);
  EXPECT_EQ(one.problems.size(), 101U);
  EXPECT_EQ(one.problems.back().message, "has 4900 more faults");
  EXPECT_TRUE(one.problems.back().closed);
}

TEST(DecodePolicy, Annotations_AreNotRead_ButTheOneForLint_ThatClosesNothing) {
  const auto annotated = [](const std::string& annotations) {
    return decode_one<NetworkPolicy>(
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: api, namespace: shop, annotations: " +
        annotations + "}, spec: {podSelector: {}}}");
  };
  EXPECT_EQ(annotated("{selvedge.io/ignore: \"a, b\", other: 7}").object.ignored, "a, b");
  EXPECT_EQ(annotated("{selvedge.io/ignore: \"a, b\", other: 7}").words(), "");
  EXPECT_EQ(annotated("{}").object.ignored, "");
  EXPECT_EQ(annotated("null").words(), "");
  const auto odd = annotated("{selvedge.io/ignore: [a]}");
  EXPECT_TRUE(odd.object.understood);
  ASSERT_EQ(odd.problems.size(), 1U);
  EXPECT_FALSE(odd.problems[0].closed);
  EXPECT_EQ(odd.problems[0].field, "metadata.annotations.selvedge.io/ignore");
  EXPECT_EQ(decode_one<Namespace>("{apiVersion: v1, kind: Namespace, metadata: {name: shop, annotations: "
                                  "{selvedge.io/ignore: a}}}")
                .object.ignored,
            "a");
}

}  // namespace
}  // namespace selvedge::k8s
