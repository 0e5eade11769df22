// The core as a whole: which chains, sets and map elements a state gives. What
// the rules mean for packets is shown elsewhere; here it is that they are there.
#include "controller/core.h"

#include <tuple>

#include <gtest/gtest.h>

#include "controller/chains.h"
#include "controller/names.h"
#include "nft/text.h"
#include "test/controller/shop.h"

namespace selvedge {
namespace {

using namespace shop;

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
                "limit rate 10/second burst 20 packets log prefix \"selvedge deny ingress " +
                name.substr(std::string("pod-ingress-").size()) +
                "\" group 100\n"
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

TEST(Core, PoliciesOfOtherNamespaces_SelectNoPod) {  // semantics 9
  const k8s::Pod api = pod("api", {}, {"10.244.1.5"});
  k8s::NetworkPolicy other = policy("p", {});
  other.meta.ns = "blog";
  EXPECT_FALSE(is_dispatched(table_of({api, other}), "ingress-v4", "10.244.1.5"));
  EXPECT_FALSE(is_dispatched(table_of({other, api}), "ingress-v4", "10.244.1.5"));
}

TEST(Core, EqualSelectors_MeanThePodsOfTheirOwnNamespaces) {  // semantics 10, 12
  k8s::Pod elsewhere = pod("web", {{"app", "web"}}, {"10.244.1.7"});
  elsewhere.meta.ns = "blog";
  k8s::NetworkPolicy other = policy("p", {}, {from_pods({{"app", "web"}})});
  other.meta.ns = "blog";
  const nft::Table table = table_of(
      {pod("web", {{"app", "web"}}, {"10.244.1.5"}), elsewhere, policy("p", {}, {from_pods({{"app", "web"}})}), other});
  EXPECT_EQ(table.sets.size(), 2U);
  for (const auto& [name, set] : table.sets) EXPECT_EQ(set.elements.size(), 1U) << name;
}

TEST(Core, PodOfTwoPolicies_JumpsInEachDirectionToThoseThatIsolateIt) {  // semantics 15
  k8s::NetworkPolicy out = policy("out", {});
  out.ingress_isolates = false;
  out.egress_isolates = true;
  const nft::Table table = table_of({pod("api", {}, {"10.244.1.5"}), policy("in", {}), out});
  for (const auto& [direction, jumped, spared] :
       {std::tuple{Direction::ingress, "in", "out"}, std::tuple{Direction::egress, "out", "in"}}) {
    const std::string text = chain_text(table, pod_chain_name(direction, {"shop", "api"}, ""));
    EXPECT_NE(text.find("jump " + policy_chain_name(direction, {"shop", jumped}) + "\n"), std::string::npos) << text;
    EXPECT_EQ(text.find(policy_chain_name(direction, {"shop", spared})), std::string::npos) << text;
  }
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

}  // namespace
}  // namespace selvedge
