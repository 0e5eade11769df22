// Semantics 44-57: ipBlock.
#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

// shop/web and shop/api may be reached from `blocks`: from one or more peers, in YAML.
World open_from(const std::string& blocks) {
  World world;
  world.policy("{podSelector: {}, ingress: [{from: [" + blocks + "]}]}");
  return world;
}

World open_towards(const std::string& blocks) {
  World world;
  world.policy("{podSelector: {}, policyTypes: [Egress], egress: [{to: [" + blocks + "]}]}");
  return world;
}

TEST(Block_OfAllAddresses, IsOfItsFamilyOnly_PodsAndNodesIncluded) {  // semantics 44, R8
  const World v4 = open_from("{ipBlock: {cidr: 0.0.0.0/0}}");
  for (const char* source : {"0.0.0.1", "255.255.255.254", outside, guest, db, node_b}) {
    EXPECT_TRUE(v4.allows(tcp(source, web, 80)));
  }
  EXPECT_TRUE(v4.denies(tcp(outside6, web6, 80)));
  const World v6 = open_from("{ipBlock: {cidr: '::/0'}}");
  for (const char* source : {"::1:2:3", "fd00:244:2::10", outside6}) EXPECT_TRUE(v6.allows(tcp(source, web6, 80)));
  EXPECT_TRUE(v6.denies(tcp(outside, web, 80)));
}

// All of a family as a set, not as a rule without a match: what is taken out starts at its first address.
TEST(Block_OfAllAddressesButSome, EndsWhereTheFamilyEnds) {  // semantics 44, 45
  const World v4 = open_from("{ipBlock: {cidr: 0.0.0.0/0, except: [0.0.0.0/1, 240.0.0.0/4]}}");
  for (const char* source : {"128.0.0.0", "239.255.255.255"}) EXPECT_TRUE(v4.allows(tcp(source, web, 80)));
  for (const char* source : {"0.0.0.0", "127.255.255.255", "240.0.0.0", "255.255.255.255"}) {
    EXPECT_TRUE(v4.denies(tcp(source, web, 80)));
  }
  const World v6 = open_from("{ipBlock: {cidr: '::/0', except: ['fc00::/7']}}");
  EXPECT_TRUE(v6.allows(tcp("::", web6, 80)));
  EXPECT_TRUE(v6.allows(tcp("fbff::1", web6, 80)));
  EXPECT_TRUE(v6.denies(tcp("fc00::", web6, 80)));
  EXPECT_TRUE(v6.denies(tcp("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", web6, 80)));
  EXPECT_TRUE(v6.allows(tcp("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", web6, 80)));
}

TEST(Except_TakesOutOfItsOwnBlock, Only) {  // semantics 45, 47
  const World world = open_from(R"({ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/28]}},
      {ipBlock: {cidr: 203.0.113.0/29}})");
  EXPECT_TRUE(world.allows(tcp("203.0.113.7", web, 80)));
  EXPECT_TRUE(world.denies(tcp("203.0.113.8", web, 80)));
  EXPECT_TRUE(world.denies(tcp("203.0.113.15", web, 80)));
  EXPECT_TRUE(world.allows(tcp("203.0.113.16", web, 80)));
}

TEST(Except_EqualToItsBlock_LeavesNothing_OneOutside, IsIgnored) {  // semantics 45
  const World equal = open_from("{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/24]}}");
  EXPECT_TRUE(equal.denies(tcp(outside, web, 80)));
  EXPECT_NE(equal.problems(), "");
  const World wider = open_from("{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.0.0/16]}}");
  EXPECT_TRUE(wider.denies(tcp(outside, web, 80)));
  const World beside = open_from("{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.114.0/24, '2001:db8::/32']}}");
  EXPECT_TRUE(beside.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(beside.denies(tcp("203.0.114.1", web, 80)));
  EXPECT_NE(beside.problems().find("is outside cidr"), std::string::npos) << beside.problems();
}

TEST(Excepts_ThatOverlapOrNest, AreAllTakenOut) {  // semantics 46
  const World world = open_from(R"({ipBlock: {cidr: 203.0.113.0/24, except:
      [203.0.113.0/26, 203.0.113.32/27, 203.0.113.16/28, 203.0.113.64/32]}})");
  for (const char* source : {"203.0.113.0", "203.0.113.20", "203.0.113.63", "203.0.113.64"}) {
    EXPECT_TRUE(world.denies(tcp(source, web, 80)));
  }
  for (const char* source : {"203.0.113.65", "203.0.113.255"}) EXPECT_TRUE(world.allows(tcp(source, web, 80)));
}

TEST(Address_ThatIsExceptedHere_IsAllowedThere, ByAnotherRuleOrPolicy) {  // semantics 47
  World world;
  const std::string excepted = "{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.7/32]}}]}";
  world.policy("{podSelector: {}, ingress: [" + excepted + "]}");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  world.policy("{podSelector: {}, ingress: [" + excepted + ", {from: [{ipBlock: {cidr: 203.0.113.7/32}}]}]}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  world.policy("{podSelector: {}, ingress: [" + excepted + "]}");
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  world.policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.0.0/8}}]}]}", "another");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
}

TEST(Blocks_ThatOverlap, AreTheirUnion) {  // semantics 48
  const World world = open_from(R"({ipBlock: {cidr: 203.0.113.0/25}}, {ipBlock: {cidr: 203.0.113.0/24}},
      {ipBlock: {cidr: 203.0.113.7/32}}, {ipBlock: {cidr: 198.51.100.0/24}}, {ipBlock: {cidr: 198.51.100.0/24}})");
  for (const char* source : {"203.0.113.0", "203.0.113.7", "203.0.113.200", "198.51.100.1"}) {
    EXPECT_TRUE(world.allows(tcp(source, web, 80)));
  }
  for (const char* source : {"203.0.112.255", "203.0.114.0"}) EXPECT_TRUE(world.denies(tcp(source, web, 80)));
}

TEST(Blocks_ThatTouch, AreTheirUnion_AndOneCanGoAgain) {  // semantics 49
  World world = open_from("{ipBlock: {cidr: 10.0.0.0/25}}, {ipBlock: {cidr: 10.0.0.128/25}}");
  for (const char* source : {"10.0.0.127", "10.0.0.128"}) EXPECT_TRUE(world.allows(tcp(source, web, 80)));
  world.policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/25}}]}]}");
  EXPECT_TRUE(world.allows(tcp("10.0.0.127", web, 80)));
  EXPECT_TRUE(world.denies(tcp("10.0.0.128", web, 80)));
}

TEST(Block_WithHostBits_OrLeadingZeros, IsReadAsTheApiReadsIt) {  // semantics 50
  const World host_bits = open_from("{ipBlock: {cidr: 10.0.0.5/24}}");
  for (const char* source : {"10.0.0.0", "10.0.0.4", "10.0.0.255"}) EXPECT_TRUE(host_bits.allows(tcp(source, web, 80)));
  EXPECT_TRUE(host_bits.denies(tcp("10.0.1.0", web, 80)));
  const World zeros = open_from("{ipBlock: {cidr: 010.000.0.0/08}}");
  EXPECT_TRUE(zeros.allows(tcp("10.9.9.9", web, 80)));
  EXPECT_TRUE(zeros.denies(tcp("8.9.9.9", web, 80)));  // 010 is not octal
}

TEST(Block_OfMappedAddresses, IsTheIpv4Block_NeverEverything) {  // semantics 50
  const World world = open_from("{ipBlock: {cidr: '::ffff:10.0.0.0/104', except: ['::ffff:10.9.0.0/112']}}");
  EXPECT_TRUE(world.allows(tcp("10.8.0.1", web, 80)));
  EXPECT_TRUE(world.denies(tcp("10.9.0.1", web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside6, web6, 80)));
  const World wide = open_from("{ipBlock: {cidr: '::ffff:0.0.0.0/80'}}");
  EXPECT_TRUE(wide.denies(tcp(outside, web, 80)));
  EXPECT_TRUE(wide.denies(tcp(outside6, web6, 80)));
}

TEST(Block_ThatIsNone, MatchesNothing_AndSoDoesOneWithAnExceptThatIsNone) {  // semantics 50, R9
  for (const char* block : {"{cidr: 10.0.0.0}", "{cidr: 10.0.0.0/33}", "{cidr: 10.0.0/8}", "{cidr: 0.0.0.0/0/0}",
                            "{cidr: all}", "{cidr: ''}", "{cidr: 0.0.0.0/0, except: [10.0.0.0/33]}",
                            "{cidr: 0.0.0.0/0, except: [10.0.0.1]}", "{cidr: '::/129'}", "{}"}) {
    SCOPED_TRACE(block);
    const World world = open_from(std::string("{ipBlock: ") + block + "}, {ipBlock: {cidr: 198.51.100.0/24}}");
    EXPECT_TRUE(world.denies(tcp(outside, web, 80)));
    EXPECT_TRUE(world.denies(tcp("10.0.0.0", web, 80)));
    EXPECT_TRUE(world.denies(tcp(outside6, web6, 80)));
    EXPECT_TRUE(world.allows(tcp("198.51.100.1", web, 80)));
    EXPECT_NE(world.problems(), "");
  }
}

TEST(Block_OfPodAddresses, MatchesPods) {  // semantics 51, R8
  const World world = open_from("{ipBlock: {cidr: 10.244.2.0/28}}");
  EXPECT_TRUE(world.allows(tcp(db, web, 80)));
  EXPECT_TRUE(world.denies(tcp(far, web, 80)));
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
}

// After DNAT, before SNAT: what the packet has at our hooks is what counts.
TEST(Block_OnEgress_IsOfTheBackend, OnIngressOfWhoeverThePacketComesFrom) {  // semantics 52
  const World egress = open_towards("{ipBlock: {cidr: 10.244.2.10/32}}");
  EXPECT_TRUE(egress.allows(tcp(web, db, 8080)));
  const World ingress = open_from("{ipBlock: {cidr: 203.0.113.0/24}}");
  EXPECT_TRUE(ingress.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(ingress.denies(tcp(node_b, web, 80)));  // the same client, by another node's NodePort
}

// The own node needs no block: its packets leave by the output hook, where no chain of ours is (R2).
TEST(Block_OfNodeAddresses, MatchesOtherNodes) {  // semantics 53, R8
  const World world = open_from("{ipBlock: {cidr: 192.0.2.2/32}}");
  EXPECT_TRUE(world.allows(tcp(node_b, web, 80)));
  EXPECT_TRUE(world.denies(tcp("192.0.2.3", web, 80)));
}

TEST(Block_OfAServicesAddress, DoesNotMatchItsBackends) {  // semantics 54
  const World world = open_towards("{ipBlock: {cidr: 10.96.0.0/12}}");
  EXPECT_TRUE(world.denies(tcp(web, db, 8080)));
}

TEST(Block_ButTheMetadataService, KeepsPodsFromIt_OnTheWayOutAndOnTheNode) {  // semantics 55
  const World world = open_towards("{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}");
  EXPECT_TRUE(world.denies(tcp(web, "169.254.169.254", 80)));
  EXPECT_TRUE(world.denies(to_node(tcp(web, "169.254.169.254", 80))));  // a proxy on the node that takes its address
  EXPECT_TRUE(world.allows(tcp(web, outside, 80)));
  // By REDIRECT the packet reaches the node's own address: then it is that which must be excepted.
  EXPECT_TRUE(world.allows(to_node(tcp(web, node_a, 8181))));
}

TEST(Rule_ForOneFamily, LeavesTheOtherDenied) {  // semantics 56, R11
  const World world = open_from("{ipBlock: {cidr: 0.0.0.0/0}}");
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside6, web6, 80)));
  EXPECT_TRUE(world.allows(tcp(web6, outside6, 80)));
}

TEST(Blocks_ByTheThousand, AreOneRule) {  // semantics 57
  std::string blocks;
  for (int i = 0; i < 4000; ++i) {
    blocks += "{ipBlock: {cidr: 20." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/25}},";
  }
  const World world = open_from(blocks);
  EXPECT_TRUE(world.allows(tcp("20.0.0.1", web, 80)));
  EXPECT_TRUE(world.allows(tcp("20.15.249.127", web, 80)));
  EXPECT_TRUE(world.denies(tcp("20.15.249.128", web, 80)));
  std::size_t rules = 0;
  for (const auto& [name, chain] : world.table().chains) rules += chain.rules.size();
  EXPECT_LT(rules, 100U);
}

}  // namespace
}  // namespace selvedge::test
