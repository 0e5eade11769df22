// ipBlocks over the cluster's own addresses and of one family only, egress without DNS, and what is sorted how.
#include "test/lint/cluster.h"

namespace selvedge {
namespace {

using test::cluster;
using test::from;
using test::policy;
using test::said;
using test::to;

std::string block(const std::string& cidr, const std::string& except = "") {
  return "{ipBlock: {cidr: \"" + cidr + "\"" + (except.empty() ? "" : ", except: [" + except + "]") + "}}";
}

TEST(Lint, ABlockOutsideTheCluster_IsFine) {
  EXPECT_EQ(said(cluster + from(block("203.0.113.0/24", "203.0.113.5/32"))), "");
  EXPECT_EQ(said(cluster + from(block("0.0.0.0/0", "10.0.0.0/8, 172.16.0.0/12") + ", " + block("::/0", "'fd00::/8'"))),
            "");
}

TEST(Lint, ABlockThatCoversPods_SaysWhich) {  // semantics 51, R8
  EXPECT_EQ(
      said(cluster + from(block("10.0.0.0/8"))),
      "NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock.cidr \"10.0.0.0/8\" covers pods, such as shop/api-0 "
      "(10.244.1.5); a block matches whatever has the address\n");
  EXPECT_NE(said(cluster + to(block("fd00::/8"))).find("such as shop/api-0 (fd00:244:0:1::5)"), std::string::npos);
}

TEST(Lint, ABlockThatCoversANodesPodRange_OrNodes_SaysSo) {  // semantics 53
  EXPECT_EQ(said(cluster + from(block("10.244.0.0/16", "10.244.1.0/29"))),
            "NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock.cidr \"10.244.0.0/16\" covers the pods of node "
            "node-a (10.244.1.0/24); a block matches whatever has the address\n");
  EXPECT_EQ(said(cluster + to(block("172.31.0.0/24"))),
            "NetworkPolicy shop/api: spec.egress[0].to[0].ipBlock.cidr \"172.31.0.0/24\" covers node node-a "
            "(172.31.0.11); a block matches whatever has the address\n");
}

TEST(Lint, ABlockOfOneNodesVeryAddress_IsHowANodeIsAllowed) {  // semantics 53, 83
  EXPECT_EQ(said(cluster + to(block("172.31.0.11/32"))), "");
}

TEST(Lint, BlocksOfOnePolicyAndDirection_AreToldOnce) {
  const std::string lines = said(cluster + from(block("10.0.0.0/8") + ", " + block("10.244.1.6/32")));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
}

TEST(Lint, AddressesThatAreNone_AreLeftToOthers) {
  const std::string odd =
      "{apiVersion: v1, kind: Pod, metadata: {name: odd, namespace: shop}, spec: {containers: []}, "
      "status: {phase: Running, podIPs: [{ip: nonsense}]}}\n---\n"
      "{apiVersion: v1, kind: Node, metadata: {name: node-b}, spec: {podCIDRs: [x]}, "
      "status: {addresses: [{type: InternalIP, address: y}]}}\n---\n";
  EXPECT_EQ(said(cluster + odd + from(block("203.0.113.0/24", "z"))), "");
  EXPECT_EQ(said(cluster + odd + from(block("203.0.113.0/24"))), "");
}

// ---- one family -----------------------------------------------------------------

TEST(Lint, AllOfOneFamilyForPodsOfBoth_SaysThatTheOtherStaysClosed) {  // semantics 56
  EXPECT_EQ(said(cluster + from(block("0.0.0.0/0", "10.0.0.0/8, 172.16.0.0/12"))),
            "NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock.cidr \"0.0.0.0/0\" is IPv4 only, and no block of "
            "the policy is IPv6, which pod shop/api-0 has too; it stays closed\n");
  EXPECT_EQ(
      said(cluster + to(block("::/0", "'fd00::/8'"))),
      "NetworkPolicy shop/api: spec.egress[0].to[0].ipBlock.cidr \"::/0\" is IPv6 only, and no block of the policy "
      "is IPv4, which pod shop/api-0 has too; it stays closed\n");
}

TEST(Lint, AllOfOneFamily_IsFine_WhereTheOtherIsAllowedToo_OrThePodsHaveOne) {  // semantics 56
  const std::string open = block("0.0.0.0/0", "10.0.0.0/8, 172.16.0.0/12");
  EXPECT_EQ(said(cluster + from(open + ", " + block("2001:db8::/32"))), "");
  EXPECT_EQ(said(cluster + policy("{podSelector: {}, ingress: [{from: [" + open + "]}, {ports: [{port: 80}]}]}")), "");
  const std::string of_tools =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: probe, "
      "namespace: tools}, spec: {podSelector: {}, ingress: [{from: [" +
      open + "]}]}}";
  EXPECT_EQ(said(cluster + of_tools), "");
}

// ---- DNS ------------------------------------------------------------------------

std::string egress(const std::string& rules, const std::string& name = "api") {
  return policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress], egress: [" + rules + "]}", name);
}
const std::string without_dns =
    "NetworkPolicy shop/api: spec.egress allows nobody on port 53, nor does another policy of pod shop/api-0; it "
    "cannot "
    "resolve names\n";

TEST(Lint, EgressWithoutPort53_SaysThatNamesDoNotResolve) {  // semantics 115
  EXPECT_EQ(said(cluster + egress("{ports: [{port: 443}]}")), without_dns);
  EXPECT_EQ(said(cluster + egress("{ports: [{port: 443}]}, {ports: [{port: 53, protocol: SCTP}]}")), without_dns);
  EXPECT_EQ(said(cluster + egress("{ports: [{port: 54, endPort: 60}, {port: 1, endPort: 52}, {port: sql}]}")),
            without_dns);
}

TEST(Lint, EgressWithPort53OfSomeKind_IsFine) {  // semantics 115
  for (const char* rule :
       {"{}", "{ports: [{port: 53}]}", "{ports: [{port: 53, protocol: UDP}]}", "{ports: [{port: 1, endPort: 53}]}",
        "{ports: [{protocol: UDP}]}", "{ports: [{port: dns, protocol: UDP}]}"}) {
    EXPECT_EQ(said(cluster + egress(rule)), "") << rule;
  }
  EXPECT_EQ(said(cluster + egress("{ports: [{port: 443}]}") + egress("{ports: [{port: 53}]}", "dns")), "");
}

TEST(Lint, APodThatMayReachNothing_NeedsNoNames) {
  EXPECT_EQ(said(cluster + policy("{podSelector: {}, policyTypes: [Ingress, Egress]}")), "");
}

TEST(Lint, EgressWithoutDns_IsToldOncePerPolicy) {
  EXPECT_EQ(said(cluster + policy("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}")),
            without_dns);
}

// ---- all together ------------------------------------------------------------------

TEST(Lint, FindingsAreSortedByPolicy_AndDoNotDependOnTheOrderOfObjects) {
  const std::string a = policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]}", "a");
  const std::string b = policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: z}}}]}]}", "b");
  EXPECT_EQ(said(cluster + a + b), said(b + cluster + a));
  EXPECT_LT(said(b + a + cluster).find("shop/a"), said(b + a + cluster).find("shop/b"));
}

TEST(Lint, TheLastOfSeveralObjectsOfOneKey_Counts) {
  EXPECT_EQ(said(cluster + from("{podSelector: {matchLabels: {app: x}}}") + from("{podSelector: {}}")), "");
}

TEST(Lint, PoliciesThatSelectNobody_AreListed) {  // semantics 16
  const auto objects =
      test::decoded(cluster + policy("{podSelector: {matchLabels: {app: agent}}}", "host") +
                    policy("{podSelector: {matchLabels: {app: x}}}", "typo") + policy("{podSelector: {}}", "all"));
  EXPECT_EQ(lint::selecting_nobody(test::pointers(objects)),
            (std::vector<k8s::ObjectKey>{{"shop", "host"}, {"shop", "typo"}}));
}

}  // namespace
}  // namespace selvedge
