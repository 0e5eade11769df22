// Peers and named ports that match nothing in the input.
#include "test/lint/cluster.h"

namespace selvedge {
namespace {

using test::cluster;
using test::from;
using test::policy;
using test::said;
using test::to;

TEST(Lint, OfPoliciesWhosePeersAreThere_SaysNothing) {
  EXPECT_EQ(said(cluster + from("{podSelector: {matchLabels: {app: db}}}")), "");
  EXPECT_EQ(said(cluster + from("{podSelector: {}}")), "");
  EXPECT_EQ(said(cluster + from("{namespaceSelector: {matchLabels: {team: tools}}}")), "");
  EXPECT_EQ(said(cluster + to("{namespaceSelector: {}, podSelector: {matchLabels: {app: probe}}}")), "");
}

TEST(Lint, APodSelectorThatMatchesNoPod_IsNamedWithItsField) {
  EXPECT_EQ(
      said(cluster + to("{podSelector: {matchLabels: {app: postgrez}}}")),
      "NetworkPolicy shop/api: spec.egress[0].to[0].podSelector \"app=postgrez\" matches no pod of namespace shop; "
      "the peer matches nothing now\n");
  EXPECT_EQ(said(cluster + from("{namespaceSelector: {matchLabels: {team: tools}}, "
                                "podSelector: {matchLabels: {app: db}}}")),
            "NetworkPolicy shop/api: spec.ingress[0].from[0].podSelector \"app=db\" matches no pod in the namespaces "
            "\"team=tools\"; the peer matches nothing now\n");
}

TEST(Lint, APodSelectorThatMeansAnotherNamespacesPods_IsToldWhatItLacks) {  // semantics 12
  EXPECT_EQ(
      said(cluster + from("{podSelector: {matchLabels: {app: probe}}}")),
      "NetworkPolicy shop/api: spec.ingress[0].from[0].podSelector \"app=probe\" matches no pod of namespace shop "
      "(without a namespaceSelector beside it, others such as tools/probe-0 are not meant); the peer matches "
      "nothing now\n");
}

TEST(Lint, ANamespaceSelectorThatMatchesNoNamespace_OrOnlyEmptyOnes_IsNamed) {  // semantics 17
  EXPECT_EQ(
      said(cluster + from("{namespaceSelector: {matchLabels: {name: tools}}}")),
      "NetworkPolicy shop/api: spec.ingress[0].from[0].namespaceSelector \"name=tools\" matches no namespace; the "
      "peer matches nothing now\n");
  EXPECT_EQ(
      said(cluster + from("{namespaceSelector: {matchLabels: {team: nobody}}}")),
      "NetworkPolicy shop/api: spec.ingress[0].from[0].namespaceSelector \"team=nobody\" matches no pod; the peer "
      "matches nothing now\n");
}

TEST(Lint, ASelectorThatMatchesHostNetworkPodsOnly_IsToldThatTheyAreNodes) {  // semantics 65, R7
  EXPECT_EQ(said(cluster + from("{podSelector: {matchLabels: {app: agent}}}")),
            "NetworkPolicy shop/api: spec.ingress[0].from[0].podSelector \"app=agent\" matches only pods on the host's "
            "network, such as shop/agent-0, which policies take for nodes; the peer matches nothing now\n");
}

TEST(Lint, AFinishedPod_IsNoMatch) {  // semantics 61
  const std::string finished =
      "{apiVersion: v1, kind: Pod, metadata: {name: job, namespace: shop, labels: {app: job}}, "
      "spec: {containers: []}, status: {phase: Succeeded}}\n---\n";
  EXPECT_NE(said(cluster + finished + from("{podSelector: {matchLabels: {app: job}}}")).find("\"app=job\" matches no"),
            std::string::npos);
}

TEST(Lint, TheSameSelectorTwiceInAPolicy_IsToldOnce_AndTwoSelectorsTwice) {
  const std::string lines = said(
      cluster + policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}, "
                       "{from: [{podSelector: {matchLabels: {app: x}}}, {podSelector: {matchLabels: {app: z}}}]}]}"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << lines;
  EXPECT_NE(lines.find("spec.ingress[0].from[0].podSelector \"app=x\""), std::string::npos) << lines;
  EXPECT_NE(lines.find("spec.ingress[1].from[1].podSelector \"app=z\""), std::string::npos) << lines;
}

TEST(Lint, WhatIsNotUnderstood_OrNotIsolated_OrOfAPolicyThatSelectsNobody_IsLeftToOthers) {
  EXPECT_EQ(said(cluster + from("{podSelector: {matchLabels: {app: 'no label!'}}}")), "");
  EXPECT_EQ(
      said(cluster + policy("{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {matchLabels: "
                            "{app: x}}}]}]}")),
      "");
  EXPECT_EQ(
      said(cluster + policy("{podSelector: {matchLabels: {app: x}}, ingress: [{from: [{podSelector: {matchLabels: "
                            "{app: z}}}]}]}")),
      "");
  EXPECT_EQ(said(policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: z}}}]}]}")), "");
}

// ---- named ports ---------------------------------------------------------------

std::string port(const std::string& entry) {
  return policy("{podSelector: {matchLabels: {app: api}}, ingress: [{ports: [" + entry + "]}]}");
}
std::string egress(const std::string& rule) {
  return policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}, " +
                rule + "]}");
}

TEST(Lint, ANamedPortThatASelectedPodDeclares_IsFine) {  // semantics 33
  EXPECT_EQ(said(cluster + port("{port: http}")), "");
  EXPECT_EQ(said(cluster + port("{port: 8080}")), "");
  EXPECT_EQ(said(cluster + egress("{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: sql}]}")), "");
  EXPECT_EQ(said(cluster + egress("{ports: [{port: sql}]}")), "");
  EXPECT_EQ(said(cluster + egress("{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: sql}]}")), "");
}

TEST(Lint, ANamedPortThatNobodyDeclares_IsNamed) {  // semantics 33
  EXPECT_EQ(
      said(cluster + port("{port: 80}, {port: sql}")),
      "NetworkPolicy shop/api: spec.ingress[0].ports[1].port \"sql\" is declared for TCP by no pod that the policy "
      "selects; the port matches nothing now\n");
  EXPECT_EQ(said(cluster + egress("{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: http}]}")),
            "NetworkPolicy shop/api: spec.egress[1].ports[0].port \"http\" is declared for TCP by no pod among the "
            "peers; the port matches nothing now\n");
}

TEST(Lint, ANamedPortOfAnotherProtocol_IsToldSo) {  // semantics 32
  EXPECT_EQ(said(cluster + port("{port: http, protocol: SCTP}")),
            "NetworkPolicy shop/api: spec.ingress[0].ports[0].port \"http\" is declared for SCTP by no pod that the "
            "policy selects (shop/api-0 has it for another protocol); the port matches nothing now\n");
  EXPECT_NE(said(cluster + port("{port: http, protocol: UDP}")).find("for UDP by no pod"), std::string::npos);
}

TEST(Lint, ANamedPortOfPeersThatAreNotThere_IsNotAlsoTold) {
  EXPECT_EQ(said(cluster + egress("{to: [{podSelector: {matchLabels: {app: x}}}], ports: [{port: sql}]}")),
            "NetworkPolicy shop/api: spec.egress[1].to[0].podSelector \"app=x\" matches no pod of namespace shop; the "
            "peer matches nothing now\n");
}

}  // namespace
}  // namespace selvedge
