// Semantics 1-22: the object, its defaults, its selectors.
#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

const char* const isolate_web = "{podSelector: {matchLabels: {app: web}}}";

// ---- policyTypes -------------------------------------------------------------------

// semantics 1, R10
TEST(PolicyTypes_Absent, MeanIngress_AndEgressToo_IfThereAreEgressRules) {
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}}");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  EXPECT_TRUE(world.allows(tcp(web, api, 80)));
  world.policy("{podSelector: {matchLabels: {app: web}}, egress: []}");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  EXPECT_TRUE(world.allows(tcp(web, api, 80)));
  world.policy("{podSelector: {matchLabels: {app: web}}, egress: [{ports: [{port: 443}]}]}");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  EXPECT_TRUE(world.denies(tcp(web, api, 80)));
  EXPECT_TRUE(world.allows(tcp(web, api, 443)));
}

TEST(PolicyTypes_Egress, LeaveIngressRulesUnread) {  // semantics 2
  World world;
  world.policy("{podSelector: {}, policyTypes: [Egress], ingress: [{ports: [{port: 80}]}]}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 22)));
  EXPECT_TRUE(world.denies(tcp(web, outside, 80)));
}

TEST(PolicyTypes_Ingress, LeaveEgressRulesUnread) {  // semantics 3
  World world;
  world.policy("{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 80}]}]}");
  EXPECT_TRUE(world.allows(tcp(web, outside, 22)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
}

TEST(PolicyTypes_Both_WithoutEgress, DenyAllEgress_DnsIncluded) {  // semantics 4
  World world;
  world.policy("{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}]}");
  EXPECT_TRUE(world.denies(udp(web, db, 53)));
  EXPECT_TRUE(world.denies(tcp(web, db, 53)));
  EXPECT_TRUE(world.denies(to_node(udp(web, node_a, 53))));
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
}

// ---- rules -------------------------------------------------------------------------

TEST(IngressRules, NoneDenyAll_AnEmptyOneAllowsAll_AlsoBesideOthers) {  // semantics 5
  World world;
  world.policy("{podSelector: {}, policyTypes: [Ingress]}");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  world.policy("{podSelector: {}, policyTypes: [Ingress], ingress: []}");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  world.policy("{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}");
  EXPECT_TRUE(world.allows(tcp(api, web, 80)));
  world.policy("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 1}]}, {}]}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.allows(udp(outside6, web6, 53)));
}

TEST(From_Empty_IsAnySource_AndPorts_Empty, AreAnyPortOfAnyProtocol) {  // semantics 6
  for (const char* rule : {"{from: [], ports: []}", "{from: null, ports: null}", "{}"}) {
    World world;
    world.policy(std::string("{podSelector: {}, ingress: [") + rule + "]}");
    for (const char* source : {api, db, guest, outside, node_b}) EXPECT_TRUE(world.allows(tcp(source, web, 1234)));
    EXPECT_TRUE(world.allows(udp(outside, web, 53)));
    EXPECT_TRUE(world.allows(sctp(outside, web, 9)));
    EXPECT_TRUE(world.allows(ping(outside, web)));
    EXPECT_TRUE(world.allows(ping(outside6, web6)));
    EXPECT_TRUE(world.allows(other(47, outside, web)));
  }
}

TEST(Peer_Empty, MatchesNothing_AndThePodStaysIsolated) {  // semantics 7, R9
  World world;
  world.policy("{podSelector: {}, ingress: [{from: [{}]}]}");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  EXPECT_NE(world.problems().find("spec.ingress[0].from[0] is empty; the peer matches nothing"), std::string::npos)
      << world.problems();
}

TEST(Peer_OfBlockAndSelector, MatchesNothing_ItsNeighbourStillDoes) {  // semantics 8, R9
  World world;
  world.policy(R"({podSelector: {}, ingress: [{from: [
      {ipBlock: {cidr: 0.0.0.0/0}, podSelector: {}},
      {ipBlock: {cidr: 203.0.113.0/24}}]}]})");
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
  EXPECT_TRUE(world.denies(tcp(node_b, web, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
}

// ---- selectors ---------------------------------------------------------------------

TEST(PodSelector_Missing, IsEveryPodOfTheNamespace_AndOfNoOther) {  // semantics 9
  World world;
  world.policy("{policyTypes: [Ingress]}");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, api, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, guest, 80)));
}

TEST(Peer_OfAnEmptyPodSelector, IsThePolicysNamespace) {  // semantics 10, 12
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}");
  EXPECT_TRUE(world.allows(tcp(api, web, 80)));
  EXPECT_TRUE(world.allows(tcp(db, web, 80)));
  EXPECT_TRUE(world.denies(tcp(guest, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
}

TEST(Peer_OfAnEmptyNamespaceSelector, IsEveryPod_OfAnyNamespace) {  // semantics 10, 11
  for (const char* peer : {"{namespaceSelector: {}}", "{namespaceSelector: {}, podSelector: {}}"}) {
    World world;
    world.policy(std::string("{podSelector: {matchLabels: {app: web}}, ingress: [{from: [") + peer + "]}]}");
    for (const char* source : {api, db, guest, far}) EXPECT_TRUE(world.allows(tcp(source, web, 80)));
    EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
    EXPECT_TRUE(world.denies(tcp(node_b, web, 80)));
  }
}

TEST(Selectors_InOnePeer_BothMustMatch, InTwoPeersEither) {  // semantics 10
  World world;
  world.policy(R"({podSelector: {matchLabels: {app: api}}, ingress: [{from: [
      {namespaceSelector: {matchLabels: {team: other}}, podSelector: {matchLabels: {app: web}}}]}]})");
  EXPECT_TRUE(world.allows(tcp(guest, api, 80)));
  EXPECT_TRUE(world.denies(tcp(web, api, 80)));
  world.policy(R"({podSelector: {matchLabels: {app: api}}, ingress: [{from: [
      {namespaceSelector: {matchLabels: {team: other}}}, {podSelector: {matchLabels: {app: web}}}]}]})");
  EXPECT_TRUE(world.allows(tcp(guest, api, 80)));
  EXPECT_TRUE(world.allows(tcp(web, api, 80)));
  EXPECT_TRUE(world.denies(tcp(db, api, 80)));
}

TEST(NamespaceSelector_Absent, IsNotAnEmptyOne) {  // semantics 12
  World world;
  world.policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}");
  EXPECT_TRUE(world.allows(tcp(web, api, 80)));
  EXPECT_TRUE(world.denies(tcp(guest, api, 80)));
  world.policy(
      "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}, namespaceSelector: {}}]}]}");
  EXPECT_TRUE(world.allows(tcp(guest, api, 80)));
}

// A policy that lets those pods reach shop/api which `selector` selects in its own namespace.
World api_open_to(const std::string& selector) {
  World world;
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: " + selector + "}]}]}");
  return world;
}

TEST(LabelSelector_Operators, AreAsDocumented) {  // semantics 13
  const World in = api_open_to("{matchExpressions: [{key: app, operator: In, values: [web, cache]}]}");
  EXPECT_TRUE(in.allows(tcp(web, api, 80)));
  EXPECT_TRUE(in.denies(tcp(db, api, 80)));
  const World not_in = api_open_to("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}");
  EXPECT_TRUE(not_in.denies(tcp(web, api, 80)));
  EXPECT_TRUE(not_in.allows(tcp(db, api, 80)));
  const World not_in_missing = api_open_to("{matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}");
  EXPECT_TRUE(not_in_missing.allows(tcp(web, api, 80)));
  const World exists = api_open_to("{matchExpressions: [{key: tier, operator: Exists}]}");
  EXPECT_TRUE(exists.denies(tcp(web, api, 80)));
  const World does_not_exist = api_open_to("{matchExpressions: [{key: tier, operator: DoesNotExist}]}");
  EXPECT_TRUE(does_not_exist.allows(tcp(web, api, 80)));
}

TEST(LabelSelector_OfLabelsAndExpressions, NeedsAll) {  // semantics 13
  const World world =
      api_open_to("{matchLabels: {app: web}, matchExpressions: [{key: app, operator: NotIn, values: [web]}]}");
  EXPECT_TRUE(world.denies(tcp(web, api, 80)));
  EXPECT_TRUE(world.denies(tcp(db, api, 80)));
}

TEST(LabelSelector_ThatCannotBe, MatchesNothingAsAPeer) {  // semantics 13, R9
  for (const char* selector : {
           "{matchLabels: {app: web, tier: not/a/value}}",
           "{matchExpressions: [{key: app, operator: NotIn, values: []}]}",
           "{matchExpressions: [{key: app, operator: Exists, values: [web]}]}",
           "{matchExpressions: [{key: a/b/c, operator: DoesNotExist}]}",
           "{matchExpressions: [{key: app, operator: Like, values: [web]}]}",
       }) {
    SCOPED_TRACE(selector);
    const World world = api_open_to(selector);
    EXPECT_TRUE(world.denies(tcp(web, api, 80)));
    EXPECT_NE(world.problems(), "");
  }
}

TEST(LabelSelector_ThatCannotBe_AsThePolicysOwn, IsolatesTheWholeNamespace_BothWays) {  // semantics 13, R9
  for (const char* selector : {"{matchLabels: {app: not/a/value}}", "{matchExpressions: [{key: app, operator: In}]}",
                               "{matchExpressions: [{key: app, operator: Like, values: [web]}]}"}) {
    SCOPED_TRACE(selector);
    World world;
    world.policy(std::string("{podSelector: ") + selector + ", ingress: [{}]}");
    for (const char* pod : {web, api}) {
      EXPECT_TRUE(world.denies(tcp(outside, pod, 80)));
      EXPECT_TRUE(world.denies(tcp(pod, outside, 80)));
    }
    EXPECT_TRUE(world.allows(tcp(outside, guest, 80)));
    EXPECT_NE(world.problems(), "");
  }
}

TEST(NamespaceSelector_ByName, NeedsNoLabelInTheManifest) {  // semantics 14, R10
  World world;
  world.policy(R"({podSelector: {}, ingress: [{from: [
      {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}]}]})");
  EXPECT_TRUE(world.allows(tcp(guest, web, 80)));
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
}

// ---- several policies --------------------------------------------------------------

TEST(Policies_OnOnePod, AllowTheUnion_InEachDirection) {  // semantics 15
  World world;
  world.policy("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}", "one");
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 443}]}]}", "two");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, web, 443)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 22)));
  EXPECT_TRUE(world.denies(tcp(outside, api, 443)));
}

TEST(Packet_BetweenTwoIsolatedPods, NeedsBothSides) {  // semantics 15
  World world;
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{}]}", "receiver");
  world.policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}", "sender");
  EXPECT_TRUE(world.denies(tcp(web, api, 80)));
  world.policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}", "sender");
  EXPECT_TRUE(world.allows(tcp(web, api, 80)));
  world.policy("{podSelector: {matchLabels: {app: api}}}", "receiver");
  EXPECT_TRUE(world.denies(tcp(web, api, 80)));
}

TEST(Policy_ThatSelectsNoPod, DoesNothing_UntilSuchAPodAppears) {  // semantics 16
  World world;
  world.policy("{podSelector: {matchLabels: {app: cache}}}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  world.pod({.name = "cache", .labels = "app: cache", .addresses = "10.244.1.30"});
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

// ---- life of objects ---------------------------------------------------------------

TEST(Policy_InATerminatingNamespace, StillHolds) {  // semantics 17
  World world;
  world.policy(isolate_web);
  world.put(R"({apiVersion: v1, kind: Namespace,
      metadata: {name: shop, labels: {team: shop}, deletionTimestamp: "2024-05-01T00:00:00Z"},
      status: {phase: Terminating}})");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
}

TEST(Namespace_ThatIsNotKnown, IsMatchedByNoSelector_ItsOwnPoliciesStillHold) {  // semantics 17
  World world;
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: {}}]}]}", "spaces");
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}", "pods");
  world.drop(k8s::Kind::ns, "", "other").drop(k8s::Kind::ns, "", "shop");
  EXPECT_TRUE(world.denies(tcp(guest, api, 80)));
  EXPECT_TRUE(world.denies(tcp(web, api, 80)));
  EXPECT_TRUE(world.allows(tcp(api, web, 80)));
  world.put("{apiVersion: v1, kind: Namespace, metadata: {name: other}}");
  EXPECT_TRUE(world.allows(tcp(guest, api, 80)));
}

TEST(Policy_ThatIsBeingDeleted, StillHolds) {  // semantics 18
  World world;
  world.put(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy,
      metadata: {name: policy, namespace: shop, deletionTimestamp: "2024-05-01T00:00:00Z", finalizers: [a.b/c]},
      spec: {podSelector: {}}})");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
}

TEST(Policy_ThatIsGone, LeavesThePodOpen_AndNoChain) {  // semantics 19
  World world;
  const nft::Table before = world.table();
  world.policy(isolate_web);
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  EXPECT_NE(world.table(), before);
  world.drop(k8s::Kind::network_policy, "shop", "policy");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_EQ(world.table(), before);
}

TEST(Policies_OfOneName_InTwoNamespaces, AreTwo) {  // semantics 20
  World world;
  world.policy("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}", "policy", "shop");
  world.policy("{podSelector: {}, ingress: [{ports: [{port: 443}]}]}", "policy", "other");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 443)));
  EXPECT_TRUE(world.allows(tcp(outside, guest, 443)));
  EXPECT_TRUE(world.denies(tcp(outside, guest, 80)));
}

// World validates every table: names and comments are within the kernel's limits, and nft's.
TEST(Policies_WithTheLongestNames_ThatDifferInTheLastLetter, AreTwo) {  // semantics 20
  World world;
  const std::string dots = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  const std::string name = dots + std::string(60, 'd');
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}", name + "x");
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{ports: [{port: 443}]}]}", name + "y");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 443)));
  EXPECT_TRUE(world.allows(tcp(outside, api, 443)));
  EXPECT_TRUE(world.denies(tcp(outside, api, 80)));
}

TEST(Policies_WhoseNamesCollideWhenJoined, AreTwo) {  // semantics 20
  World world;
  world.put("{apiVersion: v1, kind: Namespace, metadata: {name: shop-a}}");
  world.pod({.name = "b-c", .labels = "app: web", .addresses = "10.244.1.31", .ns = "shop-a"});
  world.pod({.name = "a-b-c", .labels = "app: new", .addresses = "10.244.1.32"});
  world.policy("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}", "b-c", "shop-a");
  world.policy("{podSelector: {}, ingress: [{ports: [{port: 443}]}]}", "a-b-c", "shop");
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.31", 80)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.31", 443)));
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.32", 443)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.32", 80)));
}

TEST(Rule_WithAFieldThatIsNotKnown, MatchesNothing_TheOthersStillDo) {  // semantics 21, R9
  for (const char* rule : {
           "{ports: [{port: 80}], paths: [/x]}",
           "{ports: [{port: 80, protocol: QUIC}]}",
           "{ports: [{port: 80, direction: up}]}",
           "{ports: [{port: 80}], from: [{podSelector: {}, serviceAccount: {}}]}",
           "{ports: [{port: 80}], from: [{ipBlock: {cidr: 0.0.0.0/0, zone: a}}]}",
       }) {
    SCOPED_TRACE(rule);
    World world;
    world.policy(std::string("{podSelector: {}, ingress: [") + rule + ", {ports: [{port: 443}]}]}");
    EXPECT_TRUE(world.denies(tcp(api, web, 80)));
    EXPECT_TRUE(world.allows(tcp(api, web, 443)));
    EXPECT_NE(world.problems(), "");
  }
}

TEST(PolicyType_ThatIsNotKnown, IsolatesTheWholeNamespace_BothWays) {  // semantics 21, R9
  World world;
  world.policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress, Sideways], ingress: [{}]}");
  EXPECT_TRUE(world.denies(tcp(outside, api, 80)));
  EXPECT_TRUE(world.denies(tcp(web, outside, 80)));
  EXPECT_NE(world.problems(), "");
}

// An API server serves networking.k8s.io/v1 only; a file that still says otherwise is not passed over in silence.
TEST(Policy_OfTheOldExtensionsGroup, IsNotRead_AndFailsClosed) {  // semantics 22, R9
  World world;
  world.put(R"({apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: old, namespace: shop},
      spec: {podSelector: {matchLabels: {app: api}}, ingress: [{}]}})");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, guest, 80)));
  EXPECT_NE(world.problems().find("only networking.k8s.io/v1 is"), std::string::npos) << world.problems();
}

TEST(Policy_OfAnotherProject, IsNone) {  // semantics 22
  World world;
  world.put(R"({apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: old, namespace: shop},
      spec: {podSelector: {}}})");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
}

}  // namespace
}  // namespace selvedge::test
