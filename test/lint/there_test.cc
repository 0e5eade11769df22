// Rules about policies in the light of what is there, and of what is not known.
#include "test/lint/reviewed.h"

namespace selvedge {
namespace {

using test::by_rule;
using test::egress;
using test::fields;
using test::from;
using test::ingress;
using test::policy;
using test::to;
using Fields = std::vector<std::string>;

std::string service(const std::string& spec, const std::string& name = "api") {
  return "{apiVersion: v1, kind: Service, metadata: {name: " + name + ", namespace: shop}, spec: " + spec + "}\n---\n";
}

// ---- who is selected ---------------------------------------------------------------

TEST(LintRule, APolicyThatSelectsNoPod_IsTold) {  // semantics 16
  EXPECT_EQ(by_rule("policy-selects-nothing", policy("{podSelector: {matchLabels: {app: apo}}}")),
            "warning policy-selects-nothing NetworkPolicy shop/api: spec.podSelector \"app=apo\" selects no pod of "
            "namespace shop; it has no effect now\n");
  EXPECT_NE(by_rule("policy-selects-nothing", policy("{podSelector: {matchLabels: {app: agent}}}"))
                .find("selects only pods on the host's network, such as shop/agent-0"),
            std::string::npos);
  EXPECT_EQ(fields("policy-selects-nothing", policy("{podSelector: {matchLabels: {app: api}}}")), Fields{});
}

TEST(LintRule, APolicyInANamespaceWithoutPods_IsToldWhy) {  // semantics 16
  const std::string elsewhere =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: "
      "empty}, spec: {podSelector: {}}}";
  EXPECT_NE(by_rule("policy-selects-nothing", elsewhere).find("there is none in namespace empty"), std::string::npos);
}

TEST(LintRule, PodsThatNoPolicySelects_AreToldOnceForANamespace) {
  EXPECT_EQ(
      by_rule("pods-not-isolated", from("{podSelector: {}}")),
      "info pods-not-isolated Namespace shop:  has 1 pod that no policy selects (db-0); anyone may reach them, and "
      "they anyone\n"
      "info pods-not-isolated Namespace tools:  has 1 pod that no policy selects (probe-0); anyone may reach them, "
      "and they anyone\n");
  const std::string lines = by_rule("pods-not-isolated", policy("{podSelector: {}, policyTypes: [Egress]}"));
  EXPECT_EQ(lines.find("Namespace shop"), std::string::npos) << lines;
}

TEST(LintRule, ManyOpenPods_AreNamedInPart) {
  std::string pods;
  for (int i = 0; i < 9; ++i)
    pods += "{apiVersion: v1, kind: Pod, metadata: {name: p" + std::to_string(i) +
            ", namespace: empty}, spec: {containers: []}, status: {phase: Running}}\n---\n";
  EXPECT_NE(
      by_rule("pods-not-isolated", pods).find("has 9 pods that no policy selects (p0, p1, p2, p3, p4 and 4 more)"),
      std::string::npos);
}

TEST(LintRule, APolicyInANamespaceThatIsNotThere_IsTold_WhereOthersAre) {  // semantics 17
  const std::string lost =
      "{apiVersion: v1, kind: Namespace, metadata: {name: shpo}}\n---\n"
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: shpo}, "
      "spec: {podSelector: {}}}";
  EXPECT_EQ(by_rule("namespace-missing", lost, {.pods = {}, .policies = {}, .assumed = {"shpo"}}),
            "warning namespace-missing NetworkPolicy shpo/x: metadata.namespace \"shpo\" is no Namespace of the input, "
            "which has others; the policy cannot be applied\n");
  EXPECT_EQ(fields("namespace-missing", lost), Fields{});
  EXPECT_EQ(
      fields("namespace-missing", lost, {.pods = {}, .policies = {}, .assumed = {"shpo", "shop", "tools", "empty"}}),
      Fields{})
      << "no namespace was given at all";
  const std::string of_system =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: "
      "kube-system}, spec: {podSelector: {}}}";
  EXPECT_EQ(fields("namespace-missing", of_system, {.pods = {}, .policies = {}, .assumed = {"kube-system"}}), Fields{});
}

// ---- ports ---------------------------------------------------------------------------

TEST(LintRule, ANumberThatNoPodDeclares_IsWorthKnowing) {  // semantics 26
  EXPECT_EQ(
      by_rule("port-not-declared", ingress("{ports: [{port: 8080}, {port: 8081}]}")),
      "info port-not-declared NetworkPolicy shop/api: spec.ingress[0].ports[1].port TCP 8081 is declared by no pod "
      "that the policy selects, such as shop/api-0; maybe nobody listens there\n");
  EXPECT_EQ(fields("port-not-declared", ingress("{ports: [{port: 8080, protocol: UDP}]}")),
            Fields{"spec.ingress[0].ports[0].port"});
  EXPECT_EQ(
      fields("port-not-declared", egress("{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5433}]}")),
      Fields{"spec.egress[0].ports[0].port"});
}

TEST(LintRule, ANumberThatSomebodyMayListenOn_IsFine) {
  EXPECT_EQ(fields("port-not-declared", egress("{to: [{podSelector: {}}], ports: [{port: 5432}]}")), Fields{});
  EXPECT_EQ(fields("port-not-declared", egress("{ports: [{port: 5433}]}")), Fields{}) << "anyone is meant";
  EXPECT_EQ(fields("port-not-declared", egress("{to: [{podSelector: {matchLabels: {app: db}}}, {ipBlock: {cidr: "
                                               "203.0.113.0/24}}], ports: [{port: 5433}]}")),
            Fields{});
  const std::string silent =
      "{apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, "
      "spec: {containers: [{name: c, image: i}]}, status: {phase: Running}}\n---\n";
  EXPECT_EQ(fields("port-not-declared", silent + ingress("{ports: [{port: 8081}]}")), Fields{});
}

TEST(LintRule, AServicesPort_WhereItsPodsListenOnAnother_IsTold) {  // semantics 26, 80
  const std::string http =
      service("{clusterIP: 10.96.0.7, selector: {app: api}, ports: [{port: 80, targetPort: http}]}");
  EXPECT_EQ(by_rule("service-port-instead-of-target", http + ingress("{ports: [{port: 80}]}")),
            "warning service-port-instead-of-target NetworkPolicy shop/api: spec.ingress[0].ports[0].port TCP 80 is a "
            "port of Service shop/api, whose pods listen on another; packets carry the target port\n");
  EXPECT_EQ(fields("service-port-instead-of-target", http + ingress("{ports: [{port: 8080}]}")), Fields{});
  EXPECT_EQ(fields("service-port-instead-of-target", http + ingress("{ports: [{port: 80, protocol: UDP}]}")), Fields{});
  const std::string of_db =
      service("{clusterIP: 10.96.0.7, selector: {app: db}, ports: [{port: 80, targetPort: sql}]}");
  EXPECT_EQ(fields("service-port-instead-of-target", of_db + ingress("{ports: [{port: 80}]}")), Fields{});
  const std::string same = service("{clusterIP: 10.96.0.7, selector: {app: api}, ports: [{port: 81}]}");
  EXPECT_EQ(fields("service-port-instead-of-target", same + ingress("{ports: [{port: 81}]}")), Fields{});
}

// ---- blocks --------------------------------------------------------------------------

TEST(LintRule, AnEgressBlockOverAServicesAddress_IsTold) {  // semantics 54
  const std::string api = service("{clusterIP: 10.96.0.7, selector: {app: api}, ports: [{port: 80}]}");
  EXPECT_EQ(by_rule("block-covers-services", api + to("{ipBlock: {cidr: 10.96.0.0/16}}")),
            "warning block-covers-services NetworkPolicy shop/api: spec.egress[0].to[0].ipBlock.cidr \"10.96.0.0/16\" "
            "covers Service shop/api (10.96.0.7), and does not open the way to it; packets carry the address of one of "
            "its pods\n");
  EXPECT_EQ(fields("block-covers-services", api + to("{ipBlock: {cidr: 10.97.0.0/16}}")), Fields{});
  EXPECT_EQ(fields("block-covers-services", api + to("{ipBlock: {cidr: 0.0.0.0/0}}")), Fields{});
  EXPECT_EQ(fields("block-covers-services", api + to("{ipBlock: {cidr: 10.96.0.0/16, except: [10.96.0.7/32]}}")),
            Fields{});
  EXPECT_EQ(fields("block-covers-services", api + from("{ipBlock: {cidr: 10.96.0.0/16}}")), Fields{});
}

TEST(LintRule, BlocksOverPods_AndOverNodes_AreTwoThings) {  // semantics 51, 53
  EXPECT_EQ(fields("block-covers-pods", from("{ipBlock: {cidr: 10.0.0.0/8}}")).size(), 1U);
  EXPECT_EQ(fields("block-covers-nodes", from("{ipBlock: {cidr: 10.0.0.0/8}}")), Fields{});
  EXPECT_EQ(fields("block-covers-nodes", from("{ipBlock: {cidr: 172.31.0.0/24}}")).size(), 1U);
  EXPECT_EQ(fields("block-covers-pods", from("{ipBlock: {cidr: 172.31.0.0/24}}")), Fields{});
}

// ---- the rules that `render` tells of, too ----------------------------------------------

TEST(LintRule, WhatRenderTellsOf_IsThereByItsRule) {
  EXPECT_EQ(fields("peer-matches-nothing", from("{podSelector: {matchLabels: {app: x}}}")),
            Fields{"spec.ingress[0].from[0].podSelector"});
  EXPECT_EQ(fields("named-port-undeclared", ingress("{ports: [{port: web}]}")),
            Fields{"spec.ingress[0].ports[0].port"});
  EXPECT_EQ(fields("named-port-undeclared", ingress("{ports: [{port: http}]}")), Fields{});
  EXPECT_EQ(fields("block-of-one-family", from("{ipBlock: {cidr: 0.0.0.0/0}}")),
            Fields{"spec.ingress[0].from[0].ipBlock.cidr"});
  EXPECT_EQ(fields("egress-without-dns", egress("{ports: [{port: 443}]}")), Fields{"spec.egress"});
}

// ---- what is not known ---------------------------------------------------------------

TEST(LintUnknown, WherePodsMayNotBeListed_NothingIsSaidThatRestsOnThem) {
  const lint::Unknown of_shop{
      .pods = {.all = false, .namespaces = {"shop"}, .seen = {}}, .policies = {}, .assumed = {}};
  EXPECT_EQ(fields("policy-selects-nothing", policy("{podSelector: {matchLabels: {app: x}}}"), of_shop), Fields{});
  EXPECT_EQ(fields("peer-matches-nothing", from("{podSelector: {matchLabels: {app: x}}}"), of_shop), Fields{});
  EXPECT_EQ(fields("peer-matches-nothing", from("{namespaceSelector: {matchLabels: {team: nobody}}}"), of_shop),
            Fields{});
  EXPECT_EQ(fields("named-port-undeclared", ingress("{ports: [{port: web}]}"), of_shop), Fields{});
  EXPECT_EQ(fields("port-not-declared", ingress("{ports: [{port: 8081}]}"), of_shop), Fields{});
  const lint::Unknown of_tools{
      .pods = {.all = false, .namespaces = {"tools"}, .seen = {}}, .policies = {}, .assumed = {}};
  EXPECT_EQ(fields("peer-matches-nothing", from("{podSelector: {matchLabels: {app: x}}}"), of_tools).size(), 1U);
}

TEST(LintUnknown, WherePoliciesMayNotBeListed_NoPodIsCalledOpen) {
  const std::string lines =
      by_rule("pods-not-isolated", "",
              {.pods = {}, .policies = {.all = false, .namespaces = {"shop"}, .seen = {}}, .assumed = {}});
  EXPECT_EQ(lines.find("Namespace shop"), std::string::npos) << lines;
  EXPECT_NE(lines.find("Namespace tools"), std::string::npos) << lines;
}

TEST(LintUnknown, WhereNoNamespaceWasGiven_NothingIsSaidOfTheirLabels) {  // semantics 14
  const lint::Unknown bare{.pods = {}, .policies = {}, .assumed = {"shop", "tools", "empty"}};
  const std::string peer = from("{namespaceSelector: {matchLabels: {color: red}}}");
  EXPECT_EQ(fields("peer-matches-nothing", peer, bare), Fields{});
  EXPECT_EQ(fields("peer-matches-nothing", peer).size(), 1U);
}

}  // namespace
}  // namespace selvedge
