// What an event changes, and what it leaves: the core is asked before and after.
#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "controller/chains.h"
#include "controller/core.h"
#include "controller/names.h"
#include "test/controller/shop.h"

namespace selvedge {
namespace {

using namespace shop;

TEST(Core, AnAddressThatAPodLost_LeavesMapsAndSets) {
  Core core({.node = "node-a"});
  core.upsert(pod("api", {{"app", "web"}}, {"10.244.1.5", "10.244.1.6"}));
  core.upsert(policy("p", {}, {from_pods({{"app", "web"}})}));
  EXPECT_TRUE(is_dispatched(core.table(), "ingress-v4", "10.244.1.6"));
  core.upsert(pod("api", {{"app", "web"}}, {"10.244.1.5", "10.244.1.7"}));
  EXPECT_FALSE(is_dispatched(core.table(), "ingress-v4", "10.244.1.6"));
  EXPECT_TRUE(is_dispatched(core.table(), "ingress-v4", "10.244.1.7"));
  EXPECT_EQ(elements_of(core.table(), "peers-", "-v4"), (std::vector<std::string>{"10.244.1.5", "10.244.1.7"}));
}

TEST(Core, FirstPodOfAFamily_BringsItsRules) {  // semantics 56
  Core core({.node = "node-a"});
  core.upsert(pod("four", {}, {"10.244.1.5"}));
  core.upsert(policy("p", {}, {from_pods({{"app", "web"}})}));
  EXPECT_EQ(core.table().sets.size(), 1U);
  core.upsert(pod("six", {}, {"fd00:244:0:1::5"}));
  const nft::Table table = core.table();
  EXPECT_EQ(table.sets.size(), 2U);
  EXPECT_NE(chain_text(table, policy_chain_name(Direction::ingress, {"shop", "p"})).find("ip6 saddr"),
            std::string::npos);
}

TEST(Core, NamespaceThatWasNotUnderstood_IsSelectedByNothing) {  // semantics 21, R9
  k8s::PolicyRule all_namespaces{
      .peers = {{.pod_selector = {}, .namespace_selector = k8s::LabelSelector{}, .ip_block = {}}}, .ports = {}};
  k8s::Namespace shop{.meta = meta("", "shop")};
  Core core({.node = "node-a"});
  core.upsert(pod("a", {}, {"10.244.1.5"}));
  core.upsert(policy("p", {}, {all_namespaces}));
  core.upsert(shop);
  EXPECT_EQ(elements_of(core.table(), "peers-", "-v4").size(), 1U);
  shop.understood = false;
  core.upsert(shop);
  EXPECT_TRUE(elements_of(core.table(), "peers-", "-v4").empty());
}

// The older pod's rules hold while it is isolated, so its ports count; then the newer one's do.
TEST(Core, NamedPortsOfAContestedAddress_AreThoseOfThePodWhoseRulesHold) {  // semantics 30, 63
  k8s::Pod older = pod("older", {{"app", "api"}}, {"10.244.1.5"});
  older.ports = {{"http", k8s::Protocol::tcp, 80}};
  k8s::Pod newer = pod("newer", {{"app", "web"}}, {"10.244.1.5"});
  newer.started = "2026-01-01T00:00:00Z";
  newer.ports = {{"http", k8s::Protocol::tcp, 8080}};
  Core core({.node = "node-a"});
  core.upsert(older);
  core.upsert(newer);
  core.upsert(policy("p", {{"app", "api"}}, {named_port("http")}));
  EXPECT_EQ(elements_of(core.table(), "named-", "-v4"), std::vector<std::string>{"10.244.1.5 . tcp . 80"});
  core.upsert(policy("q", {{"app", "web"}}));
  EXPECT_EQ(elements_of(core.table(), "named-", "-v4"), std::vector<std::string>{"10.244.1.5 . tcp . 8080"});
  core.erase(k8s::Kind::network_policy, {"shop", "q"});
  EXPECT_EQ(elements_of(core.table(), "named-", "-v4"), std::vector<std::string>{"10.244.1.5 . tcp . 80"});
}

TEST(Core, FirstIsolatedPod_ClosesTheSideDoorsOfTheBridge) {  // R13
  Core core({.node = "node-a"});
  core.upsert(pod("a", {}, {"10.244.1.5"}));
  EXPECT_FALSE(core.table().chains.contains("link-scope"));
  core.upsert(policy("p", {}));
  EXPECT_TRUE(core.table().chains.contains("link-scope"));
  core.erase(k8s::Kind::network_policy, {"shop", "p"});
  EXPECT_FALSE(core.table().chains.contains("link-scope"));
}

TEST(Core, NodeIsKnown_OnlyByItsOwnName) {  // semantics 103
  Core core({.node = "node-a"});
  core.upsert(k8s::Node{.meta = meta("", "node-b"), .pod_cidrs = {}, .addresses = {}});
  EXPECT_FALSE(core.knows_node());
  core.upsert(k8s::Node{.meta = meta("", "node-a"), .pod_cidrs = {}, .addresses = {}});
  EXPECT_TRUE(core.knows_node());
  core.erase(k8s::Kind::node, {"", "node-a"});
  EXPECT_FALSE(core.knows_node());
}

TEST(Core, RemotePodThatJoinsAPeer_IsOneElement) {
  Core core({.node = "node-a"});
  core.upsert(pod("api", {}, {"10.244.1.5"}));
  core.upsert(policy("p", {}, {from_pods({{"app", "web"}})}));
  core.changes();
  core.upsert(pod("web", {{"app", "web"}}, {"10.244.2.5"}, "node-b"));
  const nft::Changes changes = core.changes();
  EXPECT_TRUE(changes.chains.empty() && changes.maps.empty() && changes.counters.empty());
  ASSERT_EQ(changes.sets.size(), 1U);
  const auto* delta = std::get_if<nft::SetDelta>(&changes.sets.begin()->second);
  ASSERT_NE(delta, nullptr);
  EXPECT_EQ(delta->add.size(), 1U);
  EXPECT_TRUE(delta->remove.empty());
}

TEST(Core, RemotePodThatLeavesAPeer_IsOneElementLess) {
  Core core({.node = "node-a"});
  core.upsert(pod("api", {}, {"10.244.1.5"}));
  core.upsert(policy("p", {}, {from_pods({{"app", "web"}})}));
  core.upsert(pod("web", {{"app", "web"}}, {"10.244.2.5"}, "node-b"));
  core.changes();
  core.erase(k8s::Kind::pod, {"shop", "web"});
  const nft::Changes changes = core.changes();
  ASSERT_EQ(changes.sets.size(), 1U);
  const auto* delta = std::get_if<nft::SetDelta>(&changes.sets.begin()->second);
  ASSERT_NE(delta, nullptr);
  EXPECT_EQ(delta->remove.size(), 1U);
  EXPECT_TRUE(delta->add.empty());
}

// Whatever asked for it goes: the policy, or the pod that it selected.
TEST(Core, WhatNothingAsksForAnyMore_IsGone) {  // semantics 16, 19
  const k8s::Pod api = pod("api", {{"app", "api"}}, {"10.244.1.5"});
  const k8s::NetworkPolicy p = policy("p", {{"app", "api"}}, {from_pods({{"app", "web"}})});
  for (const auto& [kind, name] : {std::pair{k8s::Kind::network_policy, "p"}, std::pair{k8s::Kind::pod, "api"}}) {
    Core core({.node = "node-a"});
    core.upsert(api);
    core.upsert(p);
    const std::string set = core.table().sets.begin()->first;
    core.erase(kind, {"shop", name});
    const nft::Changes changes = core.changes();
    for (const std::string& chain : {pod_chain_name(Direction::ingress, {"shop", "api"}, ""),
                                     policy_chain_name(Direction::ingress, {"shop", "p"})}) {
      ASSERT_TRUE(changes.chains.contains(chain)) << name;
      EXPECT_TRUE(std::holds_alternative<nft::Gone>(changes.chains.at(chain))) << name;
    }
    ASSERT_TRUE(changes.sets.contains(set)) << name;
    EXPECT_TRUE(std::holds_alternative<nft::Gone>(changes.sets.at(set))) << name;
    EXPECT_TRUE(core.table().sets.empty()) << name;
  }
}

// They enter a set with their namespace's new labels, and so leave it one by one.
TEST(Core, PodsOfARelabelledNamespace_LeaveTheSetsThatTheyEntered) {  // semantics 67
  const k8s::LabelSelector team{.match_labels = {{"team", "a"}}, .match_expressions = {}};
  Core core({.node = "node-a"});
  core.upsert(pod("api", {}, {"10.244.1.5"}));
  core.upsert(pod("web", {{"app", "web"}}, {"10.244.2.5"}, "node-b"));
  core.upsert(
      policy("p", {}, {{.peers = {{.pod_selector = {}, .namespace_selector = team, .ip_block = {}}}, .ports = {}}}));
  EXPECT_TRUE(elements_of(core.table(), "peers-", "-v4").empty());
  core.upsert(k8s::Namespace{.meta = meta("", "shop", {{"team", "a"}})});
  EXPECT_EQ(elements_of(core.table(), "peers-", "-v4"), (std::vector<std::string>{"10.244.1.5", "10.244.2.5"}));
  core.erase(k8s::Kind::pod, {"shop", "web"});
  const nft::Changes changes = core.changes();
  ASSERT_EQ(changes.sets.size(), 1U);
  const auto* delta = std::get_if<nft::SetDelta>(&changes.sets.begin()->second);
  ASSERT_NE(delta, nullptr);
  EXPECT_EQ(delta->remove.size(), 1U);
}

TEST(Core, PolicyThatBeginsToIsolateInAnotherDirection_DoesSoForThePodsThatItSelectedBefore) {  // semantics 4
  Core core({.node = "node-a"});
  core.upsert(pod("api", {}, {"10.244.1.5"}));
  k8s::NetworkPolicy p = policy("p", {});
  core.upsert(p);
  EXPECT_FALSE(is_dispatched(core.table(), "egress-v4", "10.244.1.5"));
  p.egress_isolates = true;
  core.upsert(p);
  EXPECT_TRUE(is_dispatched(core.table(), "egress-v4", "10.244.1.5"));
}

TEST(Core, WhatChangedAndChangedBack_IsNoChange) {
  Core core({.node = "node-a"});
  core.upsert(pod("api", {{"app", "api"}}, {"10.244.1.5"}));
  core.upsert(policy("p", {{"app", "api"}}, {from_pods({{"app", "api"}})}));
  core.changes();
  core.upsert(pod("api", {{"app", "web"}}, {"10.244.1.5"}));
  core.upsert(pod("api", {{"app", "api"}}, {"10.244.1.5"}));
  EXPECT_EQ(core.changes(), nft::Changes{});
}

TEST(Core, Workloads_HaveNoSay) {
  k8s::Workload workload;
  workload.meta = meta("shop", "api");
  workload.pod = pod("", {{"app", "api"}}, {});
  Core core({.node = "node-a"});
  const nft::Table before = core.table();
  core.upsert(workload);
  core.erase(k8s::Kind::workload, {"shop", "api"});
  EXPECT_EQ(core.table(), before);
}

k8s::NetworkPolicy policy_with_block(const std::string& cidr) {
  return policy(
      "p", {},
      {{.peers = {{.pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{cidr, {}}}}, .ports = {}}});
}

// To the rules the one is as good as the other.
TEST(Core, AnErrorThatTakesThePlaceOfAnother_IsTheOnlyOneToldOf) {
  Core core({.node = "node-a"});
  core.upsert(policy_with_block("nonsense-1"));
  core.changes();
  core.upsert(policy_with_block("nonsense-2"));
  EXPECT_EQ(core.changes(), nft::Changes{});
  ASSERT_EQ(core.problems().size(), 1U);
  EXPECT_NE(core.problems()[0].message.find("nonsense-2"), std::string::npos) << core.problems()[0].message;
}

TEST(Core, MovedToAnother_GoesOnThere) {
  Core core({.node = "node-a"});
  core.upsert(pod("api", {{"app", "api"}}, {"10.244.1.5"}));
  Core other(std::move(core));
  other.upsert(policy("deny", {}));
  core = std::move(other);
  core.changes();
  EXPECT_EQ(core.isolated_pods(), 1U);
}

// ---- what the kernel refuses -------------------------------------------------------

std::vector<k8s::Object> api_and_its_policies() {
  return {pod("api", {{"app", "api"}}, {"10.244.1.5"}), pod("web", {{"app", "web"}}, {"10.244.2.5"}, "node-b"),
          policy("api", {{"app", "api"}}, {from_pods({{"app", "web"}})}),
          policy("also", {{"app", "api"}}, {from_pods({{"app", "web"}})})};
}

TEST(Core, ARefusedPolicy_IsolatesAndAllowsNothing_AndTheOthersGoOn) {
  Core core({.node = "node-a"});
  for (const k8s::Object& object : api_and_its_policies()) core.upsert(object);
  core.changes();
  core.refuse({"shop", "api"}, "no room");
  const nft::Changes changes = core.changes();
  const std::string chain = policy_chain_name(Direction::ingress, {"shop", "api"});
  ASSERT_TRUE(changes.chains.contains(chain));
  EXPECT_TRUE(std::get<nft::Chain>(changes.chains.at(chain)).rules.empty());
  EXPECT_EQ(changes.chains.size(), 1U);
  ASSERT_EQ(core.problems().size(), 1U);
  EXPECT_EQ(core.problems()[0].object, (k8s::ObjectKey{"shop", "api"}));
  EXPECT_NE(core.problems()[0].message.find("no room"), std::string::npos);
}

TEST(Core, WhatIsRefused_IsAnInputLikeObjects) {
  Core before({.node = "node-a"});
  before.refuse({"shop", "api"}, "no room");
  for (const k8s::Object& object : api_and_its_policies()) before.upsert(object);
  Core after({.node = "node-a"});
  for (const k8s::Object& object : api_and_its_policies()) after.upsert(object);
  after.changes();
  after.refuse({"shop", "api"}, "no room");
  EXPECT_EQ(before.table(), after.table());
  EXPECT_EQ(before.problems(), after.problems());

  const nft::Table open = table_of(api_and_its_policies());
  EXPECT_NE(after.table(), open);
  after.readmit({"shop", "api"});
  EXPECT_EQ(after.table(), open);
  EXPECT_TRUE(after.problems().empty());
}

TEST(Core, ARefusedPolicy_IsReadmittedAsItIsByThen) {
  Core core({.node = "node-a"});
  for (const k8s::Object& object : api_and_its_policies()) core.upsert(object);
  core.refuse({"shop", "api"}, "no room");
  const k8s::NetworkPolicy changed = policy("api", {{"app", "api"}}, {named_port("http")});
  core.upsert(changed);
  core.readmit({"shop", "api"});
  auto objects = api_and_its_policies();
  objects.emplace_back(changed);
  EXPECT_EQ(core.table(), table_of(objects));

  core.refuse({"shop", "api"}, "no room");
  core.erase(k8s::Kind::network_policy, {"shop", "api"});
  core.readmit({"shop", "api"});
  EXPECT_EQ(core.policies(), 1U);
}

TEST(Core, ChainsSetsAndCounters_LeadBackToTheirPolicies) {
  Core core({.node = "node-a"});
  for (const k8s::Object& object : api_and_its_policies()) core.upsert(object);
  const nft::Table table = core.table();
  const k8s::ObjectKey api{"shop", "api"};
  const k8s::ObjectKey also{"shop", "also"};
  ASSERT_EQ(table.sets.size(), 1U);
  EXPECT_EQ(core.policies_behind(table.sets.begin()->first), (std::set{api, also}));
  EXPECT_EQ(core.policies_behind(policy_chain_name(Direction::ingress, api)), std::set{api});
  EXPECT_EQ(core.policies_behind(allow_counter_name(Direction::ingress, also)), std::set{also});
  EXPECT_TRUE(core.policies_behind("egress").empty());
}

}  // namespace
}  // namespace selvedge
