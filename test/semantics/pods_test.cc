// Semantics 58-75: what a pod is, and whose an address is.
#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

// Only pods with the label app=friend may reach shop/api; all of shop/web is closed.
World with_friends() {
  World world;
  world.policy(
      "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}]}]}",
      "friends");
  world.policy("{podSelector: {matchLabels: {app: web}}}", "closed");
  return world;
}

PodText friendly(const std::string& addresses, const std::string& node = "node-b") {
  return {.name = "friend", .labels = "app: friend", .addresses = addresses, .node = node};
}

constexpr const char* remote = "10.244.2.30";

// ---- addresses ---------------------------------------------------------------------

TEST(Pod_WithoutAnAddress_IsInNoRule, UntilItHasOne) {  // semantics 58
  World world = with_friends();
  world.pod(friendly(""));
  world.pod({.name = "web2", .labels = "app: web"});
  EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 80)));
  world.pod(friendly(remote));
  world.pod({.name = "web2", .labels = "app: web", .addresses = "10.244.1.30"});
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

TEST(Pod_IsAllItsAddresses, OfBothFamilies) {  // semantics 59, R11
  World world = with_friends();
  world.pod(friendly("10.244.2.30, fd00:244:2::30"));
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  EXPECT_TRUE(world.allows(tcp("fd00:244:2::30", api6, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside6, web6, 80)));
}

TEST(Pod_WithTheOldSingleAddressOnly, IsThat) {  // semantics 59
  World world = with_friends();
  PodText pod = friendly("");
  pod.status = "podIP: 10.244.2.30";
  world.pod(pod);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
}

TEST(Address_InAnOddForm, IsTheSameAddress) {  // semantics 60
  for (const char* odd : {"010.244.002.030", "::ffff:10.244.2.30", "::FFFF:0af4:021e"}) {
    SCOPED_TRACE(odd);
    World world = with_friends();
    world.pod(friendly(odd));
    EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
    world.pod({.name = "web2", .labels = "app: web", .addresses = "0010.244.1.30"});
    EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
  }
}

TEST(Address_ThatIsNone, LeavesThePodsOthersInForce_AndIsReported) {  // semantics 60, R9
  World world = with_friends();
  world.pod({.name = "web2", .labels = "app: web", .addresses = "10.244.1.300, 10.244.1.30"});
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
  EXPECT_NE(world.problems().find("10.244.1.300"), std::string::npos) << world.problems();
}

// ---- phases ------------------------------------------------------------------------

TEST(Pod_ThatIsOver, IsNeitherPeerNorTarget_AndItsAddressIsFree) {  // semantics 61
  for (const char* phase : {"Succeeded", "Failed"}) {
    SCOPED_TRACE(phase);
    World world = with_friends();
    PodText over = friendly(remote);
    over.phase = phase;
    world.pod(over);
    EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
    world.pod({.name = "job", .labels = "app: web", .addresses = "10.244.1.30", .phase = phase});
    EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 80)));
    world.pod({.name = "next", .labels = "app: friend", .addresses = "10.244.1.30"});
    EXPECT_TRUE(world.allows(tcp("10.244.1.30", api, 80)));
  }
}

TEST(Pod_ThatIsTerminating, IsStillPeerAndTarget) {  // semantics 62
  World world = with_friends();
  PodText leaving = friendly(remote);
  leaving.metadata = "deletionTimestamp: \"2024-05-01T00:00:00Z\", deletionGracePeriodSeconds: 30";
  world.pod(leaving);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  world.pod({.name = "web2",
             .labels = "app: web",
             .addresses = "10.244.1.30",
             .metadata = "deletionTimestamp: \"2024-05-01T00:00:00Z\""});
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
  world.drop(k8s::Kind::pod, "shop", "web2");
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 80)));
}

TEST(Pod_WhoseNodeIsLost, IsStillPeerAndTarget) {  // semantics 64
  World world = with_friends();
  PodText lost = friendly(remote);
  lost.phase = "Unknown";
  world.pod(lost);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  world.pod({.name = "web2", .labels = "app: web", .addresses = "10.244.1.30", .phase = "Unknown"});
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

TEST(Pod_ThatIsPending_WithAnAddress, IsPeerAndTarget_ForItsInitContainersRun) {  // semantics 111
  World world = with_friends();
  PodText starting = friendly(remote);
  starting.phase = "Pending";
  world.pod(starting);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  world.pod({.name = "web2", .labels = "app: web", .addresses = "10.244.1.30", .phase = "Pending"});
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

// ---- one address, two pods ---------------------------------------------------------

PodText started(PodText pod, const std::string& hour) {
  pod.status = "startTime: \"2024-05-01T" + hour + ":00:00Z\"";
  return pod;
}

TEST(Address_OfTwoPods_IsTheNewestsAsAPeer, WhicheverIsHeardOfLast) {  // semantics 63
  const PodText old_friend = started(friendly(remote), "08");
  const PodText stranger = started({.name = "stranger", .addresses = remote, .node = "node-b"}, "09");
  World world = with_friends();
  world.pod(stranger).pod(old_friend);
  EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
  world.pod(started(friendly(remote), "10"));
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  world.pod(old_friend).drop(k8s::Kind::pod, "shop", "friend");  // the end of the old one takes nothing from the new
  EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
  world.pod(old_friend).drop(k8s::Kind::pod, "shop", "stranger");
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
}

TEST(Address_OfTwoPods_IsTheLastCreatedsAsAPeer, WhereNoneHasStarted) {  // semantics 63
  const auto created = [](PodText pod, const std::string& hour) {
    pod.metadata = "creationTimestamp: \"2024-05-01T" + hour + ":00:00Z\"";
    return pod;
  };
  World world = with_friends();
  world.pod(created(friendly(remote), "09"));
  world.pod(created({.name = "stranger", .addresses = remote, .node = "node-b"}, "08"));
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
}

TEST(Address_OfTwoLocalPods, IsIsolated_IfEitherIs) {  // semantics 63
  const std::string shared = "10.244.1.30";
  World world = with_friends();
  world.pod(started({.name = "closed", .labels = "app: web", .addresses = shared}, "08"));
  world.pod(started({.name = "open", .labels = "app: open", .addresses = shared}, "09"));
  EXPECT_TRUE(world.denies(tcp(outside, shared, 80)));
  EXPECT_TRUE(world.allows(tcp(shared, outside, 80)));
  world.drop(k8s::Kind::pod, "shop", "closed");
  EXPECT_TRUE(world.allows(tcp(outside, shared, 80)));
}

// The rules that hold are the older one's, and so is what they mean by a name.
TEST(Address_OfTwoLocalPods, HasThePortNames_OfThePodWhoseRulesHold) {  // semantics 30, 63
  const std::string shared = "10.244.1.30";
  const auto serving = [&](const std::string& name, const std::string& labels, const std::string& port) {
    return PodText{.name = name,
                   .labels = labels,
                   .addresses = shared,
                   .spec = "containers: [{name: c, image: i, ports: [{name: http, containerPort: " + port + "}]}]"};
  };
  World world;
  world.policy("{podSelector: {matchLabels: {app: old}}, ingress: [{ports: [{port: http}]}]}");
  world.pod(started(serving("old", "app: old", "80"), "08"));
  world.pod(started(serving("new", "app: new", "8080"), "09"));
  EXPECT_TRUE(world.allows(tcp(outside, shared, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, shared, 8080)));
  world.policy("{podSelector: {matchLabels: {app: new}}, ingress: [{ports: [{port: http}]}]}", "new");
  EXPECT_TRUE(world.denies(tcp(outside, shared, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, shared, 8080)));
}

TEST(Address_OfALocalAndANewerRemotePod, KeepsTheLocalOnesRulesAndPortNames) {  // semantics 30, 63
  const std::string shared = "10.244.1.30";
  World world;
  world.policy("{podSelector: {matchLabels: {app: old}}, ingress: [{ports: [{port: http}]}]}");
  PodText old = started({.name = "old", .labels = "app: old", .addresses = shared}, "08");
  old.spec = "containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]";
  world.pod(old).pod(started({.name = "new", .addresses = shared, .node = "node-b"}, "09"));
  EXPECT_TRUE(world.allows(tcp(outside, shared, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, shared, 81)));
}

// ---- the host's network ------------------------------------------------------------

TEST(Pod_OnTheHostsNetwork, IsNeitherTargetNorSelectorPeer) {  // semantics 65, R7
  World world = with_friends();
  PodText host = friendly("192.0.2.2");
  host.spec = "hostNetwork: true";
  world.pod(host);
  EXPECT_TRUE(world.denies(tcp(node_b, api, 80)));
  world.pod({.name = "agent", .labels = "app: web", .addresses = "192.0.2.1", .spec = "hostNetwork: true"});
  EXPECT_TRUE(world.allows(tcp(outside, node_a, 80)));
  EXPECT_TRUE(world.allows(by(to_node(tcp(outside, node_a, 80)), "eth0", "")));
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}",
               "nodes");
  EXPECT_TRUE(world.allows(tcp(node_b, api, 80)));
}

TEST(Pod_Static, IsAPodLikeAnyOther_UnlessOnTheHostsNetwork) {  // semantics 69
  World world = with_friends();
  PodText mirror = friendly(remote);
  mirror.metadata =
      "annotations: {kubernetes.io/config.mirror: 0123abcd, kubernetes.io/config.source: file}, "
      "ownerReferences: [{apiVersion: v1, kind: Node, name: node-b, uid: n, controller: true}]";
  world.pod(mirror);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  mirror.spec = "hostNetwork: true";
  world.pod(mirror);
  EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
}

// ---- changes -----------------------------------------------------------------------

TEST(LabelChange_OfAPod, CountsAtOnce_AsPeerAndAsTarget) {  // semantics 66
  World world = with_friends();
  PodText pod = friendly("10.244.1.30", "node-a");
  world.pod(pod);
  EXPECT_TRUE(world.allows(tcp("10.244.1.30", api, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 80)));
  pod.labels = "app: web";
  world.pod(pod);
  EXPECT_TRUE(world.denies(tcp("10.244.1.30", api, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

TEST(LabelChange_OfANamespace, CountsForAllItsPods) {  // semantics 67
  World world;
  world.policy("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: other}}}]}]}");
  EXPECT_TRUE(world.allows(tcp(guest, web, 80)));
  EXPECT_TRUE(world.allows(tcp(far, web, 80)));
  world.put("{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {team: none}}}");
  EXPECT_TRUE(world.denies(tcp(guest, web, 80)));
  EXPECT_TRUE(world.denies(tcp(far, web, 80)));
  world.put("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: other}}}");
  EXPECT_TRUE(world.allows(tcp(api, web, 80)));
}

TEST(Pod_OfTheSameName_WithANewUid, IsAnotherPod_WithItsOwnAddress) {  // semantics 68
  World world = with_friends();
  PodText pod = {.name = "db-0", .labels = "app: web", .addresses = "10.244.1.30", .metadata = "uid: aaa"};
  world.pod(pod);
  pod.metadata = "uid: bbb";
  pod.addresses = "10.244.1.31";
  world.pod(pod);
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 80)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.31", 80)));
}

TEST(Pod_WhoseSandboxIsMadeAnew, HasItsNewAddress_AndTheOldOneIsFree) {  // semantics 73
  World world = with_friends();
  world.pod(friendly(remote));
  world.pod({.name = "web2", .labels = "app: web", .addresses = "10.244.1.30"});
  world.pod(friendly("10.244.2.31"));
  world.pod({.name = "web2", .labels = "app: web", .addresses = "10.244.1.31"});
  EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
  EXPECT_TRUE(world.allows(tcp("10.244.2.31", api, 80)));
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 80)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.31", 80)));
}

// ---- places ------------------------------------------------------------------------

TEST(Pod_WithMoreNetworks, IsItsDefaultOne) {  // semantics 70
  World world = with_friends();
  PodText pod = friendly(remote);
  pod.metadata = R"(annotations: {k8s.v1.cni.cncf.io/network-status: '[{"name": "macvlan", "ips": ["172.16.0.9"]}]'})";
  world.pod(pod);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
  EXPECT_TRUE(world.denies(tcp("172.16.0.9", api, 80)));
}

TEST(Pod_OfAnotherNode, IsAPeer_AndHasNoChainHere) {  // semantics 71
  World world;
  const nft::Table before = world.table();
  world.policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}");
  EXPECT_EQ(world.table(), before);
  EXPECT_TRUE(world.allows(tcp(web, db, 8080)));
  EXPECT_TRUE(world.allows(tcp(db, web, 80)));
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}",
               "api");
  EXPECT_TRUE(world.allows(tcp(db, api, 80)));
}

TEST(Pod_OnWindows, IsAPeer) {  // semantics 72
  World world = with_friends();
  PodText pod = friendly(remote);
  pod.spec = "os: {name: windows}, nodeSelector: {kubernetes.io/os: windows}";
  world.pod(pod);
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
}

TEST(Pod_OutsideItsNodesRange, IsEnforcedAllTheSame) {  // semantics 75
  World world = with_friends();
  world.pod({.name = "web2", .labels = "app: web", .addresses = "172.20.0.5"});
  EXPECT_TRUE(world.denies(by(tcp(outside, "172.20.0.5", 80), "eth0", "cni0")));
  EXPECT_TRUE(world.denies(between_ports(tcp(api, "172.20.0.5", 80))));
}

// ---- not understood ----------------------------------------------------------------

TEST(Pod_ThatDoesNotDecode, IsIsolatedBothWays_AndNoPeer_ButItselfAndInBlocks) {  // semantics R9, R6, R8
  World world = with_friends();
  PodText broken = friendly("10.244.1.30", "node-a");
  broken.spec = "hostNetwork: perhaps";
  world.pod(broken);
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
  EXPECT_TRUE(world.denies(tcp("10.244.1.30", outside, 80)));
  EXPECT_TRUE(world.denies(tcp("10.244.1.30", api, 80)));
  EXPECT_TRUE(world.allows(between_ports(tcp("10.244.1.30", "10.244.1.30", 80))));
  EXPECT_NE(world.problems(), "");
  broken = friendly(remote);
  broken.spec = "hostNetwork: perhaps";
  world.pod(broken);
  EXPECT_TRUE(world.denies(tcp(remote, api, 80)));
  world.policy("{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{ipBlock: {cidr: 10.244.2.30/32}}]}]}",
               "block");
  EXPECT_TRUE(world.allows(tcp(remote, api, 80)));
}

TEST(Pod_WhoseNodeDoesNotDecode, IsTakenForLocal) {  // semantics R9
  World world;
  PodText pod = {.name = "lost", .labels = "app: lost", .addresses = "10.244.1.30", .node = "", .spec = "nodeName: 5"};
  world.pod(pod);
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

TEST(Namespace_ThatDoesNotDecode, IsMatchedByNoSelector) {  // semantics R9, 17
  World world;
  world.policy("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}");
  EXPECT_TRUE(world.allows(tcp(guest, web, 80)));
  world.put("{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {team: [other]}}}");
  EXPECT_TRUE(world.denies(tcp(guest, web, 80)));
  EXPECT_NE(world.problems(), "");
}

TEST(Policy_WhoseSpecDoesNotDecode, ClosesItsNamespace_WhateverItsFormerSpecWas) {  // semantics R9
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  for (const char* spec : {"open", "{podSelector: []}", "{podSelector: {}, policyTypes: Ingress}",
                           "{podSelector: {}, ingress: 5}", "{podSelector: {}, priority: 5}"}) {
    SCOPED_TRACE(spec);
    world.policy(spec);
    EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
    EXPECT_NE(world.problems(), "");
  }
}

}  // namespace
}  // namespace selvedge::test
