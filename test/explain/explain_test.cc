// Whole answers, as people read them: who was meant, what isolates, what allows, what comes nearest.
#include "test/explain/shop.h"

namespace selvedge {
namespace {

using test::said;
using test::shop;

TEST(Explain, AnAllowedConnection_NamesIsolationRuleAndPeer) {
  EXPECT_EQ(
      said(shop, "production/api", "production/web", "5432"),
      R"(allowed: production/api-7d4f-x (10.244.1.5, fd00::1:5) -> production/web-0 (10.244.2.5, fd00::2:5) tcp/5432
  egress of production/api-7d4f-x: allowed, isolated by production/api
    by production/api egress[0] to[0]: podSelector app=web, tcp/5432
  ingress of production/web-0: allowed, no policy isolates it
)");
}

TEST(Explain, ADeniedConnection_SaysOfEachPeerWhatIsLacking_NearestFirst) {  // semantics 10, 11, 12
  EXPECT_EQ(
      said(shop, "production/web", "production/api", "tcp/3000"),
      R"(denied: production/web-0 (10.244.2.5, fd00::2:5) -> production/api-7d4f-x (10.244.1.5, fd00::1:5) tcp/3000
  egress of production/web-0: allowed, no policy isolates it
  ingress of production/api-7d4f-x: denied, isolated by production/api
    not by production/api ingress[0] from[0] (namespaceSelector env=dev): namespace production: label env=dev missing, has env=prod
    not by production/api ingress[0] from[1] (podSelector role=frontend): label role=frontend missing, has role=front
    not by production/api ingress[0] from[2] (ipBlock 203.0.113.0/24 except 203.0.113.5/32): is not in 203.0.113.0/24
)");
}

TEST(Explain, APodSelectorAlone_MeansPodsOfThePolicysNamespace) {  // semantics 12
  EXPECT_NE(said(shop, "staging/tester", "production/api", "3000")
                .find("from[1] (podSelector role=frontend): is in namespace staging, and without a namespaceSelector "
                      "only pods of production are meant\n"),
            std::string::npos);
}

TEST(Explain, AnExceptedAddress_IsSaidToBeOne) {  // semantics 48
  const std::string text = said(shop, "203.0.113.5", "production/api", "3000");
  EXPECT_TRUE(text.starts_with("denied: 203.0.113.5 -> production/api-7d4f-x (10.244.1.5) tcp/3000\n")) << text;
  EXPECT_NE(text.find("except 203.0.113.5/32): 203.0.113.5 is one of its exceptions\n"), std::string::npos) << text;
  EXPECT_TRUE(said(shop, "203.0.113.6", "production/api", "3000").starts_with("allowed: ")) << text;
}

TEST(Explain, AWrongPort_IsSaidToBeTheOnlyThing) {
  EXPECT_NE(
      said(shop, "production/api", "production/web", "5433")
          .find("    not by production/api egress[0] to[0] (podSelector app=web): allows tcp/5432, not tcp/5433\n"),
      std::string::npos);
}

TEST(Explain, AService_IsItsPodsAndTheirPort) {
  const std::string text = said(shop, "203.0.113.6", "production/svc/shop", "80");
  EXPECT_EQ(text, R"(allowed: 203.0.113.6 -> production/api-7d4f-x (10.244.1.5) tcp/3000
  port tcp/80 (web) of Service production/shop is http, tcp/3000 at production/api-7d4f-x
  ingress of production/api-7d4f-x: allowed, isolated by production/api
    by production/api ingress[0] from[2]: ipBlock 203.0.113.0/24 except 203.0.113.5/32, tcp/3000
)");
  EXPECT_EQ(said(shop, "203.0.113.6", "10.96.0.7", "web"), text);  // by its address, by the port's name
  EXPECT_EQ(said(shop, "203.0.113.6", "production/svc/shop", "3000"),
            "error: Service production/shop has no port tcp/3000; it has tcp/80 (web)");
}

TEST(Explain, ANamedPort_IsLookedUpAtTheReceiver) {  // semantics 30
  EXPECT_NE(said(shop, "203.0.113.6", "production/api", "http").find("http is tcp/3000 at production/api-7d4f-x"),
            std::string::npos);
  EXPECT_EQ(said(shop, "production/api", "production/web", "http"),
            "error: pod production/web-0 declares no port \"http\"");
}

TEST(Explain, APodWithoutAnAddress_IsAskedAboutAllTheSame) {
  EXPECT_TRUE(said(shop, "staging/tester", "production/web", "80").starts_with("allowed: staging/tester ("));
}

TEST(Explain, APodAndItsOwnNode_GoByR2AndR3) {  // semantics 76, 77
  EXPECT_TRUE(said(shop, "node/node-a", "production/api", "9").starts_with("allowed: node node-a (172.31.0.11) -> "));
  EXPECT_TRUE(said(shop, "production/api", "node/node-a", "9").starts_with("denied: "));
  EXPECT_TRUE(said(shop, "production/api", "172.31.0.11", "443").starts_with("allowed: "));
}

TEST(Explain, Icmp_IsDeniedByRulesWithPorts_AndHasItsFamily) {  // semantics 37
  EXPECT_TRUE(said(shop, "production/web", "production/api", "icmp")
                  .starts_with("denied: production/web-0 (10.244.2.5) -> production/api-7d4f-x (10.244.1.5) icmp\n"));
  EXPECT_TRUE(said(shop, "production/api", "production/web", "icmpv6").starts_with("denied: "));
  EXPECT_TRUE(said(shop, "production/web", "staging/tester", "icmpv6").starts_with("allowed: "));
}

TEST(Explain, PodsOfAWorkloadThatPolicyTellsApart_AreAnsweredEach) {
  const std::string second = R"(
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: production
  labels: {app: web, role: frontend}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, controller: true}]
spec: {nodeName: node-b, containers: [{name: c}]}
status: {phase: Running, podIPs: [{ip: 10.244.2.6}]}
)";
  const std::string text = said(shop + second, "production/web", "production/api", "3000");
  EXPECT_TRUE(
      text.starts_with("denied in 1 of 2 cases: StatefulSet production/web (2 pods) -> "
                       "Deployment production/api (1 pod) tcp/3000\n\n"))
      << text;
  EXPECT_NE(text.find("\nallowed: production/web-1 (10.244.2.6) -> "), std::string::npos) << text;
}

TEST(Explain, WhoIsNotThere_IsSaid_WithWhoIs) {
  EXPECT_EQ(
      said(shop, "production/wep", "production/api", "1"),
      "error: \"production/wep\" is no pod, workload or Service, and no address; in namespace \"production\" there "
      "is production/api, production/shop, production/web");
  EXPECT_EQ(said(shop, "produktion/web", "production/api", "1"),
            "error: \"produktion/web\" is no pod, workload or Service, and no address; namespace \"produktion\" has no "
            "pods here");
  EXPECT_EQ(said(shop, "node/b", "production/api", "1"), "error: there is no node \"b\"");
  EXPECT_TRUE(said(shop, "1.2.3.4", "production/api", "tpc/1").starts_with("error: \"tpc/1\" is not a port such as "));
}

}  // namespace
}  // namespace selvedge
