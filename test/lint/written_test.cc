// Rules about what is written, each with its nearest innocent case.
#include "controller/lint/covering.h"
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

// ---- not understood ----------------------------------------------------------------

TEST(LintRule, WhatDecodingOrCompilingCouldNotUnderstand_IsAnError) {  // semantics 8, 13, 21, 29
  EXPECT_EQ(by_rule("not-understood", from("{podSelector: {}, color: red}")),
            "error not-understood NetworkPolicy shop/api: spec.ingress[0].from[0] has an unknown field \"color\"; the "
            "peer matches nothing\n");
  EXPECT_EQ(fields("not-understood", ingress("{ports: [{port: 70000}]}")), Fields{"spec.ingress[0].ports[0].port"});
  EXPECT_EQ(fields("not-understood", from("{ipBlock: {cidr: nonsense}}")),
            Fields{"spec.ingress[0].from[0].ipBlock.cidr"});
  EXPECT_EQ(fields("not-understood", from("{podSelector: {}}")), Fields{});
}

TEST(LintRule, AFieldThatDecidesNothing_AndIsNotAsDocumented_IsAWarning) {
  const std::string odd =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: api, namespace: shop, "
      "annotations: {selvedge.io/ignore: 7}}, spec: {podSelector: {}}}";
  EXPECT_EQ(fields("field-ignored", odd), Fields{"metadata.annotations.selvedge.io/ignore"});
  EXPECT_EQ(fields("not-understood", odd), Fields{});
}

TEST(LintRule, AnEndPortThatBoundsNoRange_IsAnError) {  // semantics 27
  EXPECT_EQ(
      by_rule("end-port-invalid", ingress("{ports: [{port: 90, endPort: 80}]}")),
      "error end-port-invalid NetworkPolicy shop/api: spec.ingress[0].ports[0].endPort 80 is less than port 90; the "
      "port matches nothing\n");
  EXPECT_EQ(fields("end-port-invalid", ingress("{ports: [{port: http, endPort: 80}]}")),
            Fields{"spec.ingress[0].ports[0].endPort"});
  EXPECT_EQ(fields("end-port-invalid", ingress("{ports: [{port: 80, endPort: 80}, {port: 80, endPort: 90}]}")),
            Fields{});
}

// ---- directions ---------------------------------------------------------------------

TEST(LintRule, RulesOfADirectionThatPolicyTypesDoesNotName_AreTold) {  // semantics 2, 3
  EXPECT_EQ(by_rule("direction-ignored", policy("{podSelector: {}, policyTypes: [Ingress], egress: [{}, {}]}")),
            "warning direction-ignored NetworkPolicy shop/api: spec.egress has 2 rules, but policyTypes does not name "
            "Egress; they are ignored, and nobody is isolated by them\n");
  EXPECT_EQ(fields("direction-ignored", policy("{podSelector: {}, policyTypes: [Egress], ingress: [{}]}")),
            Fields{"spec.ingress"});
  EXPECT_EQ(fields("direction-ignored", policy("{podSelector: {}, egress: [{}]}")), Fields{});
  EXPECT_EQ(fields("direction-ignored", policy("{podSelector: {}, policyTypes: [Egress], ingress: []}")), Fields{});
}

TEST(LintRule, AnyoneWhoMayReachAnIsolatedPod_IsTold) {  // semantics 5, 6, 44
  EXPECT_EQ(
      by_rule("everyone-allowed", ingress("{}")),
      "info everyone-allowed NetworkPolicy shop/api: spec.ingress[0] lets anyone, inside the cluster and outside, "
      "reach every port of the pods \"app=api\"\n");
  EXPECT_EQ(fields("everyone-allowed", from("{podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}")),
            Fields{"spec.ingress[0].from[1].ipBlock.cidr"});
  EXPECT_EQ(
      fields("everyone-allowed", from("{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}")),
      Fields{});
  EXPECT_EQ(fields("everyone-allowed", egress("{}")), Fields{});
}

// ---- AND and OR -----------------------------------------------------------------------

TEST(LintRule, ANamespaceSelectorAndAPodSelectorAsTwoElements_AreTold) {  // semantics 10
  EXPECT_EQ(by_rule("two-elements-meant-as-one",
                    from("{namespaceSelector: {matchLabels: {team: tools}}}, {podSelector: {matchLabels: {app: db}}}")),
            "warning two-elements-meant-as-one NetworkPolicy shop/api: spec.ingress[0].from[0] namespaceSelector "
            "\"team=tools\" and podSelector \"app=db\" are two elements, so that either is enough: all pods of those "
            "namespaces, and the pods of namespace shop; in one element both must hold\n");
  EXPECT_EQ(
      fields("two-elements-meant-as-one",
             to("{ipBlock: {cidr: 203.0.113.0/24}}, {podSelector: {matchLabels: {app: db}}}, {namespaceSelector: {}}")),
      Fields{"spec.egress[0].to[1]"});
}

TEST(LintRule, SelectorsInOneElement_OrApart_AreFine) {  // semantics 10
  for (const char* peers :
       {"{namespaceSelector: {matchLabels: {team: tools}}, podSelector: {matchLabels: {app: probe}}}",
        "{namespaceSelector: {matchLabels: {team: tools}}}, {podSelector: {}}",
        "{namespaceSelector: {}}, {ipBlock: {cidr: 203.0.113.0/24}}, {podSelector: {matchLabels: {app: db}}}"}) {
    EXPECT_EQ(fields("two-elements-meant-as-one", from(peers)), Fields{}) << peers;
  }
  EXPECT_EQ(fields("two-elements-meant-as-one", ingress("{from: [{namespaceSelector: {}}]}, {from: [{podSelector: "
                                                        "{matchLabels: {app: db}}}]}")),
            Fields{});
}

// ---- DNS ------------------------------------------------------------------------------

TEST(LintRule, Port53ForTcpAlone_IsTold) {  // semantics 37
  EXPECT_EQ(
      by_rule("dns-without-udp", egress("{ports: [{port: 443}, {port: 53}]}")),
      "warning dns-without-udp NetworkPolicy shop/api: spec.egress[0].ports[1] allows port 53 by TCP, and no rule "
      "of the policy by UDP, by which names are asked for first\n");
  EXPECT_EQ(fields("dns-without-udp", egress("{ports: [{port: 53}]}, {ports: [{port: 53, protocol: UDP}]}")), Fields{});
  EXPECT_EQ(fields("dns-without-udp", egress("{ports: [{port: 53}]}, {ports: [{protocol: UDP}]}")), Fields{});
  EXPECT_EQ(fields("dns-without-udp", egress("{ports: [{port: 53}, {port: dns, protocol: UDP}]}")), Fields{});
  EXPECT_EQ(fields("dns-without-udp", egress("{ports: [{port: 1, endPort: 1000}]}")), Fields{});
}

TEST(LintRule, Port53ForUdpAlone_IsWorthKnowing) {  // semantics 37
  EXPECT_EQ(fields("dns-without-tcp", egress("{ports: [{port: 53, protocol: UDP}]}")),
            Fields{"spec.egress[0].ports[0]"});
  EXPECT_EQ(fields("dns-without-tcp", egress("{ports: [{port: 53, protocol: UDP}, {port: 53}]}")), Fields{});
  EXPECT_EQ(fields("dns-without-tcp", ingress("{ports: [{port: 53, protocol: UDP}]}, {}")), Fields{});
}

// ---- blocks ---------------------------------------------------------------------------

std::string block(const std::string& inside) {
  return from("{ipBlock: {" + inside + "}}");
}

TEST(LintRule, AnExceptOutsideItsCidr_IsTold) {  // semantics 45
  EXPECT_EQ(by_rule("except-outside-block", block("cidr: 203.0.113.0/25, except: [203.0.113.1/32, 203.0.113.200/32]")),
            "warning except-outside-block NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock.except[1] "
            "\"203.0.113.200/32\" is outside cidr \"203.0.113.0/25\"; it has no effect\n");
  EXPECT_EQ(fields("except-outside-block", block("cidr: 203.0.113.0/24, except: [203.0.113.200/32]")), Fields{});
}

TEST(LintRule, AnExceptThatLeavesNothing_IsTold) {  // semantics 45
  EXPECT_EQ(fields("except-covers-block", block("cidr: 203.0.113.0/24, except: [203.0.113.0/24]")),
            Fields{"spec.ingress[0].from[0].ipBlock.except[0]"});
  EXPECT_EQ(fields("except-covers-block", block("cidr: 203.0.113.0/24, except: [203.0.0.0/16]")).size(), 1U);
  EXPECT_EQ(fields("except-covers-block", block("cidr: 203.0.113.0/24, except: [203.0.113.0/25]")), Fields{});
}

TEST(LintRule, BitsBeyondThePrefix_AreTold) {  // semantics 50
  EXPECT_EQ(by_rule("cidr-with-host-bits", block("cidr: 203.0.113.5/24")),
            "warning cidr-with-host-bits NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock.cidr "
            "\"203.0.113.5/24\" has bits set beyond its prefix; all of 203.0.113.0/24 is meant\n");
  EXPECT_EQ(fields("cidr-with-host-bits", block("cidr: 203.0.113.5/32")), Fields{});
  EXPECT_EQ(fields("cidr-with-host-bits", block("cidr: 203.0.113.0/24")), Fields{});
  EXPECT_EQ(fields("cidr-with-host-bits", block("cidr: '2001:db8::/32'")), Fields{});
}

// ---- what changes nothing ---------------------------------------------------------------

TEST(LintRule, APeerThatAnotherOfTheRuleCovers_IsTold) {  // semantics 15
  EXPECT_EQ(by_rule("peer-redundant", from("{podSelector: {matchLabels: {app: db}}}, {podSelector: {}}")),
            "info peer-redundant NetworkPolicy shop/api: spec.ingress[0].from[0] \"pods app=db in namespace shop\" is "
            "covered by spec.ingress[0].from[1]; it changes nothing\n");
  EXPECT_EQ(fields("peer-redundant", from("{podSelector: {}}, {namespaceSelector: {}}")),
            Fields{"spec.ingress[0].from[0]"});
  EXPECT_EQ(fields("peer-redundant", from("{podSelector: {}}, {namespaceSelector: {matchLabels: "
                                          "{kubernetes.io/metadata.name: shop}}}")),
            Fields{"spec.ingress[0].from[0]"});
  EXPECT_EQ(fields("peer-redundant", from("{podSelector: {}}, {podSelector: {}}")), Fields{"spec.ingress[0].from[1]"});
}

TEST(LintRule, PeersOfWhichNeitherCoversTheOther_AreFine) {
  for (const char* peers :
       {"{podSelector: {matchLabels: {app: db}}}, {podSelector: {matchLabels: {app: web}}}",
        "{podSelector: {}}, {namespaceSelector: {matchLabels: {team: shop}}}",
        "{podSelector: {}}, {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: tools}}}",
        "{podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}"}) {
    EXPECT_EQ(fields("peer-redundant", from(peers)), Fields{}) << peers;
  }
}

TEST(LintRule, ABlockInsideAnother_IsTold_UnlessAnExceptIsThere) {  // semantics 47, 48
  const auto blocks = [](const std::string& a, const std::string& b) {
    return fields("peer-redundant", from("{ipBlock: {" + a + "}}, {ipBlock: {" + b + "}}"));
  };
  EXPECT_EQ(blocks("cidr: 203.0.113.8/32", "cidr: 203.0.113.0/24"), Fields{"spec.ingress[0].from[0]"});
  EXPECT_EQ(blocks("cidr: 203.0.113.0/24", "cidr: 203.0.113.0/24"), Fields{"spec.ingress[0].from[1]"});
  EXPECT_EQ(blocks("cidr: 203.0.113.0/24, except: [203.0.113.9/32]", "cidr: 203.0.113.0/24"),
            Fields{"spec.ingress[0].from[0]"});
  EXPECT_EQ(blocks("cidr: 203.0.113.0/24, except: [203.0.113.8/32]", "cidr: 203.0.113.8/32"), Fields{});
  EXPECT_EQ(blocks("cidr: 203.0.113.0/25", "cidr: 203.0.113.128/25"), Fields{});
}

TEST(LintRule, ManyBlocksAndSelectors_AreComparedAllTheSame_OrByTheLetter) {
  std::string peers = "{ipBlock: {cidr: 203.0.0.0/16}}";
  for (int i = 0; i < 2000; ++i)
    peers += ", {ipBlock: {cidr: 203.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + "/32}}";
  EXPECT_EQ(fields("peer-redundant", from(peers)).size(), 2000U);
  peers = "{podSelector: {}}, {podSelector: {}}";
  for (std::size_t i = 0; i < lint::most_compared; ++i)
    peers += ", {podSelector: {matchLabels: {app: a" + std::to_string(i) + "}}}";
  EXPECT_EQ(fields("peer-redundant", from(peers)), Fields{"spec.ingress[0].from[1]"});
}

TEST(LintRule, ARuleThatAnotherCovers_IsTold) {  // semantics 15
  EXPECT_EQ(
      by_rule("rule-redundant",
              ingress("{from: [{podSelector: {}}], ports: [{port: 80}]}, {ports: [{protocol: TCP}]}")),
      "info rule-redundant NetworkPolicy shop/api: spec.ingress[0] allows nothing that spec.ingress[1] does not; it "
      "changes nothing\n");
  EXPECT_EQ(fields("rule-redundant", ingress("{ports: [{port: 80}]}, {ports: [{port: 80}]}")),
            Fields{"spec.ingress[1]"});
  EXPECT_EQ(
      fields("rule-redundant", ingress("{ports: [{port: 80, endPort: 90}, {port: http}]}, {ports: [{port: 85}]}")),
      Fields{"spec.ingress[1]"});
  EXPECT_EQ(fields("rule-redundant", ingress("{from: [{ipBlock: {cidr: 10.0.0.0/9}}]}, {from: [{ipBlock: {cidr: "
                                             "10.0.0.0/8}}]}")),
            Fields{"spec.ingress[0]"});
}

TEST(LintRule, RulesOfWhichNeitherCoversTheOther_AreFine) {
  for (const char* rules :
       {"{from: [{podSelector: {}}]}, {ports: [{port: 80}]}",
        "{ports: [{port: 80}]}, {ports: [{port: 80, protocol: UDP}]}",
        "{ports: [{port: http}]}, {ports: [{port: 8080}]}", "{ports: [{protocol: TCP}]}, {from: [{podSelector: {}}]}",
        "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}, {from: [{ipBlock: {cidr: 10.1.0.0/24}}]}",
        "{from: [{podSelector: {matchLabels: {app: db}}}]}, {from: [{podSelector: {matchLabels: {app: web}}}]}"}) {
    EXPECT_EQ(fields("rule-redundant", ingress(rules)), Fields{}) << rules;
  }
}

TEST(LintRule, APolicyThatSaysTheSameAsAnother_IsTold) {  // semantics 15
  const std::string spec = "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {}}]}]}";
  EXPECT_EQ(by_rule("policy-duplicate", policy(spec, "a") + policy(spec, "b")),
            "info policy-duplicate NetworkPolicy shop/b: spec says the same as policy shop/a; it changes nothing\n");
  EXPECT_EQ(fields("policy-duplicate", policy(spec, "a") + policy("{podSelector: {matchLabels: {app: api}}}", "b")),
            Fields{});
  EXPECT_EQ(fields("policy-duplicate",
                   policy("{podSelector: {}}", "a") + policy("{podSelector: {}, policyTypes: [Egress]}", "b")),
            Fields{});
}

}  // namespace
}  // namespace selvedge
