// Policies that today's API server would refuse, and that old objects and files still hold: each fault is told with
// object and field, its part matches nothing, and nobody else's enforcement changes.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

struct Fault {
  std::string spec;     // of policy shop/old
  std::string field;    // that is told
  std::string follows;  // what is told to follow
};

// The rest of each policy is sound: it isolates web, and lets shop's db in on port 81.
std::string with_rule(const std::string& rule) {
  return "{podSelector: {matchLabels: {app: web}}, ingress: [" + rule +
         ", {from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 81}]}]}";
}
std::string with_peer(const std::string& peer) {
  return with_rule("{from: [" + peer + "]}");
}
std::string with_port(const std::string& port) {
  return with_rule("{ports: [" + port + "]}");
}

// The API server's validation, case by case (networking validation.go, ValidateNetworkPolicySpec).
std::vector<Fault> faults_of_parts() {
  const std::string rule = "the rule allows nothing";
  const std::string peer = "the peer matches nothing";
  const std::string port = "the port matches nothing";
  const std::string from = "spec.ingress[0].from[0]";
  const std::string ports = "spec.ingress[0].ports[0]";
  return {
      {with_rule("{when: night}"), "spec.ingress[0]", rule},
      {with_rule("{to: []}"), "spec.ingress[0]", rule},
      {with_rule("{from: {}}"), "spec.ingress[0].from", rule},
      {with_rule("everybody"), "spec.ingress[0]", rule},
      {with_peer("{}"), from, peer},                                             // semantics 7
      {with_peer("null"), from, peer},                                           // semantics 7
      {with_peer("{podSelector: {}, ipBlock: {cidr: 0.0.0.0/0}}"), from, peer},  // semantics 8
      {with_peer("{serviceSelector: {}}"), from, peer},                          // semantics 21
      {with_peer("{podSelector: {}, namespace: shop}"), from, peer},             // semantics 21
      {with_peer("{podSelector: []}"), from + ".podSelector", peer},
      {with_peer("{podSelector: {app: api}}"), from + ".podSelector", peer},
      {with_peer("{podSelector: {matchLabels: {app: 1}}}"), from + ".podSelector.matchLabels[app]", peer},
      {with_peer("{podSelector: {matchLabels: {app: yes}}}"), from + ".podSelector.matchLabels[app]", peer},
      {with_peer("{podSelector: {matchLabels: {app: 'a b'}}}"), from + ".podSelector", peer},  // semantics 13
      {with_peer("{namespaceSelector: {matchLabels: {/team: a}}}"), from + ".namespaceSelector", peer},
      {with_peer("{podSelector: {matchExpressions: [{key: app, operator: Near, values: [api]}]}}"),
       from + ".podSelector.matchExpressions[0].operator", peer},  // semantics 13, 21
      {with_peer("{podSelector: {matchExpressions: [{key: app, operator: In}]}}"),
       from + ".podSelector.matchExpressions[0]", peer},
      {with_peer("{podSelector: {matchExpressions: [{key: app, operator: Exists, values: [api]}]}}"),
       from + ".podSelector.matchExpressions[0]", peer},
      {with_peer("{podSelector: {matchExpressions: [{operator: Exists}]}}"), from + ".podSelector.matchExpressions[0]",
       peer},
      {with_peer("{ipBlock: {}}"), from + ".ipBlock", peer},
      {with_peer("{ipBlock: {cidr: 10.244.0.0}}"), from + ".ipBlock.cidr", peer},
      {with_peer("{ipBlock: {cidr: 10.244.0.0/33}}"), from + ".ipBlock.cidr", peer},
      {with_peer("{ipBlock: {cidr: 'fd00::/129'}}"), from + ".ipBlock.cidr", peer},
      {with_peer("{ipBlock: {cidr: 10}}"), from + ".ipBlock.cidr", peer},
      {with_peer("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0]}}"), from + ".ipBlock.except[0]", peer},
      {with_peer("{ipBlock: {cidr: 0.0.0.0/0, except: 10.0.0.0/8}}"), from + ".ipBlock.except", peer},
      {with_peer("{ipBlock: {cidr: 0.0.0.0/0, exclude: [10.0.0.0/8]}}"), from + ".ipBlock", peer},  // semantics 21
      {with_port("{port: 0}"), ports + ".port", port},                                              // semantics 29
      {with_port("{port: -1}"), ports + ".port", port},                                             // semantics 29
      {with_port("{port: 65536}"), ports + ".port", port},                                          // semantics 29
      {with_port("{port: 80.5}"), ports + ".port", port},
      {with_port("{port: '80'}"), ports + ".port", port},
      {with_port("{port: HTTP}"), ports + ".port", port},
      {with_port("{port: a-name-that-is-too-long}"), ports + ".port", port},
      {with_port("{port: yes}"), ports + ".port", port},
      {with_port("{protocol: ICMP}"), ports + ".protocol", port},           // semantics 21
      {with_port("{protocol: tcp, port: 80}"), ports + ".protocol", port},  // semantics 21
      {with_port("{protocol: 6}"), ports + ".protocol", port},
      {with_port("{endPort: 90}"), ports + ".endPort", port},               // semantics 27
      {with_port("{port: 80, endPort: 79}"), ports + ".endPort", port},     // semantics 27
      {with_port("{port: 80, endPort: 65536}"), ports + ".endPort", port},  // semantics 27
      {with_port("{port: http, endPort: 90}"), ports + ".endPort", port},   // semantics 27
      {with_port("{port: 80, endPort: '90'}"), ports + ".endPort", port},
      {with_port("{port: 80, appProtocol: h2}"), ports, port},  // semantics 21
  };
}

std::vector<Fault> faults_of_the_whole() {
  const std::string closed = "isolate";
  return {
      {"[]", "spec", closed},
      {"{podSelector: web}", "spec.podSelector", closed},
      {"{podSelector: {matchLabels: {app: 80}}}", "spec.podSelector.matchLabels[app]", closed},
      {"{podSelector: {matchLabels: {app: '-'}}}", "spec.podSelector", closed},  // semantics 13
      {"{podSelector: {app: web}}", "spec.podSelector", closed},
      {"{policyTypes: [Sideways]}", "spec.policyTypes[0]", closed},         // semantics 21
      {"{policyTypes: [Ingress, egress]}", "spec.policyTypes[1]", closed},  // semantics 21
      {"{policyTypes: Ingress}", "spec.policyTypes", closed},
      {"{podSelector: {}, ingress: {}}", "spec.ingress", closed},
      {"{podSelector: {}, tier: admin}", "spec", closed},  // semantics 21
  };
}

// Others' policies: web's neighbours, another namespace's, and one of a pod elsewhere.
World with_good_policies() {
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 82}]}]}", "web");
  world.policy("{podSelector: {matchLabels: {app: api}}, egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}", "api");
  world.policy("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}]}", "guest",
               "other");
  return world;
}

// What the problems are to say of the fault.
testing::AssertionResult says(const World& world, const Fault& fault) {
  const std::string problems = world.problems();
  const std::string where = "NetworkPolicy shop/old: " + fault.field + " ";
  const std::size_t at = problems.find(where);
  if (at == std::string::npos) return testing::AssertionFailure() << "not \"" << where << "\" but " << problems;
  const std::string line = problems.substr(at, problems.find('\n', at) - at);
  if (line.find(fault.follows) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "what follows is not told: " << line;
}

// All that the one table has under names with `part`, the other has, too.
template <typename Objects>
testing::AssertionResult keeps(const Objects& before, const Objects& after, const std::string& part) {
  for (const auto& [name, object] : before) {
    if (name.find(part) == std::string::npos) continue;
    const auto found = after.find(name);
    if (found == after.end() || !(found->second == object)) return testing::AssertionFailure() << name << " changed";
  }
  return testing::AssertionSuccess();
}

// semantics R9
TEST(BrokenPolicy, OfAPart_TellsTheFieldAndWhatFollows_AndThePartMatchesNothing) {
  for (const Fault& fault : faults_of_parts()) {
    SCOPED_TRACE(fault.spec);
    World world;
    world.policy(fault.spec, "old");
    EXPECT_TRUE(says(world, fault));
    for (const char* source : {api, guest, far, outside}) {
      EXPECT_TRUE(world.denies(tcp(source, web, 80)));
      EXPECT_TRUE(world.denies(ping(source, web)));
    }
    EXPECT_TRUE(world.denies(tcp(outside6, web6, 80)));
    EXPECT_TRUE(world.allows(tcp(db, web, 81))) << "the policy's other rule";
    EXPECT_TRUE(world.denies(tcp(db, web, 80)));
    EXPECT_TRUE(world.allows(tcp(web, outside, 80))) << "the other direction";
    EXPECT_TRUE(world.allows(tcp(outside, api, 80))) << "another pod";
  }
}

// semantics R9
TEST(BrokenPolicy, OfTheWhole_TellsTheField_AndIsolatesItsNamespaceBothWays_AndNoOther) {
  for (const Fault& fault : faults_of_the_whole()) {
    SCOPED_TRACE(fault.spec);
    World world;
    world.policy(fault.spec, "old");
    EXPECT_TRUE(says(world, fault));
    for (const char* pod : {web, api}) {
      EXPECT_TRUE(world.denies(tcp(outside, pod, 80)));
      EXPECT_TRUE(world.denies(tcp(pod, outside, 80)));
    }
    EXPECT_TRUE(world.allows(tcp(outside, guest, 80)));
    EXPECT_TRUE(world.allows(tcp(guest, outside, 80)));
  }
}

// semantics R9
TEST(BrokenPolicy, OfAPart_LeavesEverythingElseAsItIs) {
  const World good = with_good_policies();
  World isolating = with_good_policies();  // what the broken one leaves at least: the isolation, and its sound rule
  isolating.policy(with_rule("{from: [{podSelector: {matchLabels: {app: nobody}}}]}"), "old");
  for (const Fault& fault : faults_of_parts()) {
    SCOPED_TRACE(fault.spec);
    World world = with_good_policies();
    world.policy(fault.spec, "old");
    EXPECT_TRUE(keeps(good.table().chains, world.table().chains, "policy-"));
    EXPECT_TRUE(keeps(good.table().chains, world.table().chains, "-shop/api"));
    EXPECT_TRUE(keeps(good.table().chains, world.table().chains, "-other/"));
    EXPECT_TRUE(keeps(good.table().sets, world.table().sets, ""));
    EXPECT_EQ(world.table().maps, isolating.table().maps);
    EXPECT_TRUE(world.allows(tcp(outside, web, 82))) << "another policy of the same pod";
  }
}

// semantics R9
TEST(BrokenPolicy, OfTheWhole_LeavesWhatOthersAllow_AndOtherNamespacesAsTheyAre) {
  const World good = with_good_policies();
  for (const Fault& fault : faults_of_the_whole()) {
    SCOPED_TRACE(fault.spec);
    World world = with_good_policies();
    world.policy(fault.spec, "old");
    EXPECT_TRUE(keeps(good.table().chains, world.table().chains, "policy-"));
    EXPECT_TRUE(keeps(good.table().chains, world.table().chains, "-other/"));
    EXPECT_TRUE(keeps(good.table().sets, world.table().sets, ""));
    EXPECT_TRUE(world.allows(tcp(outside, web, 82)));
    EXPECT_TRUE(world.allows(tcp(api, outside, 80)));
    EXPECT_TRUE(world.allows(tcp(db, guest, 80)));
    EXPECT_TRUE(world.denies(tcp(far, guest, 80)));
  }
}

}  // namespace
}  // namespace selvedge::test
