// The core as a whole: which chains, sets and map elements a state gives. What
// the rules mean for packets is shown elsewhere; here it is that they are there.
#include "controller/core.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "controller/chains.h"
#include "controller/names.h"
#include "controller/sets.h"
#include "nft/text.h"
#include "nft/validate.h"

namespace selvedge {
namespace {

k8s::Meta meta(const std::string& ns, const std::string& name, k8s::Labels labels = {}) {
  return {.ns = ns, .name = name, .uid = "", .labels = std::move(labels), .created = ""};
}

k8s::Pod pod(const std::string& name, k8s::Labels labels, std::vector<std::string> addresses,
             const std::string& node = "node-a") {
  k8s::Pod result;
  result.meta = meta("shop", name, std::move(labels));
  result.node = node;
  result.phase = k8s::Pod::Phase::running;
  result.addresses = std::move(addresses);
  return result;
}

k8s::NetworkPolicy policy(const std::string& name, k8s::Labels selector, std::vector<k8s::PolicyRule> ingress = {}) {
  k8s::NetworkPolicy result;
  result.meta = meta("shop", name);
  result.pod_selector.match_labels = std::move(selector);
  result.ingress_isolates = true;
  result.ingress = std::move(ingress);
  return result;
}

k8s::PolicyRule from_pods(k8s::Labels labels) {
  return {.peers = {{.pod_selector = k8s::LabelSelector{.match_labels = std::move(labels), .match_expressions = {}},
                     .namespace_selector = {},
                     .ip_block = {}}},
          .ports = {}};
}

k8s::PolicyRule named_port(const std::string& name) {
  return {.peers = {}, .ports = {{.protocol = k8s::Protocol::tcp, .port = name, .end_port = {}}}};
}

nft::Table table_of(const std::vector<k8s::Object>& objects, Settings settings = {.node = "node-a"}) {
  Core core(std::move(settings));
  for (const k8s::Object& object : objects) core.upsert(object);
  nft::Table table = core.table();
  const auto faults = nft::validate(table);
  EXPECT_TRUE(faults.empty()) << faults[0].object << ": " << faults[0].message;
  return table;
}

std::string chain_text(const nft::Table& table, const std::string& name) {
  const auto chain = table.chains.find(name);
  if (chain == table.chains.end()) return "(no chain " + name + ")";
  std::string text;
  for (const nft::Rule& rule : chain->second.rules) text += nft::to_text(rule) + "\n";
  return text;
}

bool is_dispatched(const nft::Table& table, const std::string& map, const char* address) {
  return table.maps.at(map).elements.contains(nft::key_of(*nft::parse_address(address)));
}

std::vector<std::string> elements_of(const nft::Table& table, const std::string& prefix, const std::string& suffix) {
  std::vector<std::string> elements;
  for (const auto& [name, set] : table.sets) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    for (const nft::Element& e : set.elements) elements.push_back(nft::to_text(set.type, e));
  }
  return elements;
}

TEST(Core, NoPolicies_NoPodIsInAMap) {
  const nft::Table table = table_of({pod("api", {}, {"10.244.1.5"})});
  for (const auto& [name, map] : table.maps) EXPECT_TRUE(map.elements.empty()) << name;
  EXPECT_EQ(table.maps.size(), 4U);
  EXPECT_TRUE(table.sets.empty());
}

TEST(Core, PolicyWithoutRules_IsolatesItsPodInItsDirectionOnly) {  // semantics 5, 16
  const nft::Table table = table_of({pod("api", {{"app", "api"}}, {"10.244.1.5"}),
                                     pod("db", {{"app", "db"}}, {"10.244.1.6"}), policy("deny", {{"app", "api"}})});
  EXPECT_TRUE(is_dispatched(table, "ingress-v4", "10.244.1.5"));
  EXPECT_FALSE(is_dispatched(table, "egress-v4", "10.244.1.5"));
  EXPECT_FALSE(is_dispatched(table, "ingress-v4", "10.244.1.6"));
  const std::string name = pod_chain_name(Direction::ingress, {"shop", "api"}, "");
  const std::string policy_name = policy_chain_name(Direction::ingress, {"shop", "deny"});
  const std::string deny = deny_counter_name(Direction::ingress, {"shop", "api"}, "");
  EXPECT_EQ(chain_text(table, name),
            "ip saddr 10.244.1.5 accept comment \"itself\"\n"
            "ct state invalid counter name \"" +
                deny +
                "\" drop\n"
                "jump " +
                policy_name +
                "\n"
                "counter name \"" +
                deny + "\" drop\n");
  EXPECT_EQ(chain_text(table, policy_name), "");
}

TEST(Core, BothFamiliesOfAPod_AreIsolated) {  // semantics 56, 59, R11
  const nft::Table table = table_of({pod("api", {}, {"10.244.1.5", "fd00:244:0:1::5"}), policy("deny", {})});
  EXPECT_TRUE(is_dispatched(table, "ingress-v4", "10.244.1.5"));
  EXPECT_TRUE(is_dispatched(table, "ingress-v6", "fd00:244:0:1::5"));
}

TEST(Core, PodsOfOtherNodes_HaveNoChainsButAreMembers) {  // semantics 71
  const nft::Table table =
      table_of({pod("api", {{"app", "api"}}, {"10.244.1.5"}), pod("web", {{"app", "web"}}, {"10.244.2.5"}, "node-b"),
                policy("p", {}, {from_pods({{"app", "web"}})})});
  EXPECT_FALSE(is_dispatched(table, "ingress-v4", "10.244.2.5"));
  EXPECT_EQ(elements_of(table, "peers-", "-v4"), std::vector<std::string>{"10.244.2.5"});
}

TEST(Core, PoliciesThatSelectNoLocalPod_GiveNothing) {  // semantics 16
  const nft::Table table =
      table_of({pod("web", {{"app", "web"}}, {"10.244.2.5"}, "node-b"), policy("p", {}, {from_pods({})})});
  EXPECT_TRUE(table.sets.empty());
  EXPECT_FALSE(table.chains.contains(policy_chain_name(Direction::ingress, {"shop", "p"})));
}

TEST(Core, PoliciesThatSelectNoPod_AreRenderedForReview) {
  const nft::Table table = table_of({policy("p", {}, {from_pods({})})}, {.node = {}, .unreached = true});
  EXPECT_TRUE(table.chains.contains(policy_chain_name(Direction::ingress, {"shop", "p"})));
  EXPECT_EQ(table.sets.size(), 2U);  // one a family
}

TEST(Core, OneSelection_IsOneSetForAllRules) {
  const nft::Table table = table_of({pod("api", {}, {"10.244.1.5"}), policy("p", {}, {from_pods({{"a", "b"}})}),
                                     policy("q", {}, {from_pods({{"a", "b"}})})});
  EXPECT_EQ(table.sets.size(), 1U);
}

TEST(Core, NamedPortOfIngress_IsResolvedOnEachTarget) {  // semantics 30, 32
  k8s::Pod a = pod("a", {}, {"10.244.1.5"});
  a.ports = {{"http", k8s::Protocol::tcp, 80}, {"http", k8s::Protocol::tcp, 81}, {"http", k8s::Protocol::udp, 82}};
  k8s::Pod b = pod("b", {}, {"10.244.1.6"});
  b.ports = {{"http", k8s::Protocol::tcp, 8080}};
  k8s::Pod remote = pod("c", {}, {"10.244.2.6"}, "node-b");
  remote.ports = {{"http", k8s::Protocol::tcp, 8080}};
  const nft::Table table = table_of({a, b, remote, policy("p", {}, {named_port("http")})});
  EXPECT_EQ(elements_of(table, "named-", "-v4"),
            (std::vector<std::string>{"10.244.1.5 . tcp . 80", "10.244.1.5 . tcp . 81", "10.244.1.6 . tcp . 8080"}));
}

TEST(Core, NamedPortOfEgress_IsResolvedOnEachPeer) {  // semantics 31
  k8s::Pod a = pod("a", {}, {"10.244.1.5"});
  k8s::Pod remote = pod("c", {}, {"10.244.2.6"}, "node-b");
  remote.ports = {{"http", k8s::Protocol::tcp, 8080}};
  k8s::NetworkPolicy p = policy("p", {});
  p.egress_isolates = true;
  p.egress = {named_port("http")};
  EXPECT_EQ(elements_of(table_of({a, remote, p}), "named-", "-v4"),
            std::vector<std::string>{"10.244.2.6 . tcp . 8080"});
}

TEST(Core, NamedPortThatNoPodDeclares_MatchesNothing_AndThePodStaysIsolated) {  // semantics 33
  const nft::Table table = table_of({pod("a", {}, {"10.244.1.5"}), policy("p", {}, {named_port("http")})});
  EXPECT_TRUE(is_dispatched(table, "ingress-v4", "10.244.1.5"));
  EXPECT_TRUE(elements_of(table, "named-", "-v4").empty());
}

TEST(Core, WholeAddressSpace_IsTheFamilyAlone) {  // semantics 44
  k8s::NetworkPolicy p =
      policy("p", {},
             {{.peers = {{.pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{"0.0.0.0/0", {}}}},
               .ports = {}}});
  const nft::Table table = table_of({pod("a", {}, {"10.244.1.5", "fd00::5"}), p});
  EXPECT_NE(chain_text(table, policy_chain_name(Direction::ingress, {"shop", "p"})).find("meta nfproto ipv4 counter"),
            std::string::npos);
  EXPECT_TRUE(table.sets.empty());
}

TEST(Core, UnknownNamespace_IsSelectedByNothing) {  // semantics 17
  k8s::PolicyRule all_namespaces{
      .peers = {{.pod_selector = {}, .namespace_selector = k8s::LabelSelector{}, .ip_block = {}}}, .ports = {}};
  const std::vector<k8s::Object> objects{pod("a", {}, {"10.244.1.5"}), policy("p", {}, {all_namespaces})};
  EXPECT_TRUE(elements_of(table_of(objects), "peers-", "-v4").empty());
  std::vector<k8s::Object> with_namespace = objects;
  with_namespace.push_back(k8s::Namespace{.meta = meta("", "shop")});
  EXPECT_EQ(elements_of(table_of(with_namespace), "peers-", "-v4"), std::vector<std::string>{"10.244.1.5"});
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

TEST(Core, PodWhoseNodeCannotBeRead_IsIsolatedWhereverItMayBe) {  // R9
  k8s::Pod broken = pod("a", {}, {"10.244.1.5"}, "");
  broken.understood = false;
  EXPECT_TRUE(is_dispatched(table_of({broken}), "ingress-v4", "10.244.1.5"));
}

TEST(Core, ManyBlocksAndLongNames_StillFitTheComments) {  // semantics 20, 57
  k8s::PolicyRule rule;
  for (int i = 0; i < 300; ++i) {
    const std::string cidr = "203." + std::to_string(i / 100) + "." + std::to_string(2 * (i % 100)) + ".0/24";
    rule.peers.push_back({.pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{cidr, {}}});
    rule.peers.push_back({.pod_selector = k8s::LabelSelector{}, .namespace_selector = {}, .ip_block = {}});
  }
  k8s::NetworkPolicy p = policy(std::string(253, 'p'), {}, {rule});
  p.meta.ns = std::string(63, 'n');
  k8s::Pod target = pod(std::string(253, 'q'), {}, {"10.244.1.5"});
  target.meta.ns = p.meta.ns;
  const nft::Table table = table_of({target, p});  // which validates it
  EXPECT_EQ(elements_of(table, "block-", "-v4").size(), 300U);
}

TEST(Core, BlocksInARow_AreNamedByFirstAndLast) {
  k8s::PolicyRule rule;
  for (int i = 0; i < 3; ++i) {
    const std::string cidr = "203.0.113." + std::to_string(2 * i) + "/32";
    rule.peers.push_back({.pod_selector = {}, .namespace_selector = {}, .ip_block = k8s::IpBlock{cidr, {}}});
  }
  const nft::Table table = table_of({pod("a", {}, {"10.244.1.5"}), policy("p", {}, {rule})});
  EXPECT_NE(
      chain_text(table, policy_chain_name(Direction::ingress, {"shop", "p"})).find("shop/p ingress[0] from[0-2]\""),
      std::string::npos);
}

TEST(Core, BlocksOfBothFamilies_AreNamedWhereTheirAddressesAre) {
  k8s::PolicyRule rule;
  for (const auto& block : {k8s::IpBlock{"203.0.113.0/24", {}}, k8s::IpBlock{"2001:db8::/32", {}},
                            k8s::IpBlock{"198.51.100.0/24", {"198.51.100.0/24"}}}) {
    rule.peers.push_back({.pod_selector = {}, .namespace_selector = {}, .ip_block = block});
  }
  const nft::Table table = table_of({pod("a", {}, {"10.244.1.5", "fd00::5"}), policy("p", {}, {rule})});
  std::vector<std::string> comments;
  for (const auto& accept : table.chains.at(policy_chain_name(Direction::ingress, {"shop", "p"})).rules)
    comments.push_back(accept.comment);
  EXPECT_EQ(comments, (std::vector<std::string>{"shop/p ingress[0] from[0]", "shop/p ingress[0] from[1]"}));
}

TEST(Core, PodThatWasNotUnderstood_IsIsolatedAndNoPeer) {  // R9
  k8s::Pod broken = pod("a", {}, {"10.244.1.5"});
  broken.understood = false;
  const nft::Table table = table_of({broken, pod("b", {}, {"10.244.1.6"}), policy("p", {}, {from_pods({})})});
  EXPECT_TRUE(is_dispatched(table, "ingress-v4", "10.244.1.5"));
  EXPECT_TRUE(is_dispatched(table, "egress-v4", "10.244.1.5"));
  EXPECT_EQ(elements_of(table, "peers-", "-v4"), std::vector<std::string>{"10.244.1.6"});
  EXPECT_EQ(chain_text(table, pod_chain_name(Direction::ingress, {"shop", "a"}, "")).find("jump"), std::string::npos);
}

TEST(Core, AddressOfTwoLocalPods_IsIsolatedIfEitherIs) {  // semantics 63
  k8s::Pod older = pod("older", {{"app", "api"}}, {"10.244.1.5"});
  k8s::Pod newer = pod("newer", {}, {"10.244.1.5"});
  newer.started = "2026-01-01T00:00:00Z";
  const nft::Table table = table_of({older, newer, policy("p", {{"app", "api"}})});
  const auto& verdict = table.maps.at("ingress-v4").elements.at(nft::key_of(*nft::parse_address("10.244.1.5")));
  EXPECT_EQ(verdict, nft::Verdict(nft::Goto{pod_chain_name(Direction::ingress, {"shop", "older"}, "")}));
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
