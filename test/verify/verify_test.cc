#include "controller/verify/verify.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>

#include "controller/core.h"
#include "k8sclient/manifests.h"
#include "test/verify/large_node.h"

namespace selvedge::verify {
namespace {

namespace fs = std::filesystem;

const meaning::Viewpoint viewpoint{.node = "node-a"};

std::vector<k8s::Object> story(const std::string& name) {
  const auto read =
      k8s::read_manifests((fs::path(SELVEDGE_SOURCE_DIR) / "test/golden" / name / "cluster.yaml").string());
  EXPECT_TRUE(read) << read.error();
  std::vector<k8s::Object> objects;
  for (const auto& decoded : *read) objects.push_back(decoded.object);
  return objects;
}

nft::Table rendered(const std::vector<k8s::Object>& objects) {
  Core core({.node = viewpoint.node});
  for (const auto& object : objects) core.upsert(object);
  return core.table();
}

// The tutorial's table, to be tampered with, and what it should say.
class Verify : public testing::Test {
 protected:
  nft::Chain& chain(const std::string& start) {
    return std::find_if(table_.chains.begin(), table_.chains.end(),
                        [&](const auto& c) { return c.first.starts_with(start); })
        ->second;
  }
  static void insert(nft::Chain& chain, std::vector<nft::Match> matches, nft::Verdict verdict) {
    nft::Rule rule;
    rule.matches = std::move(matches);
    rule.verdict = std::move(verdict);
    chain.rules.insert(chain.rules.begin(), rule);
  }
  Verification result() const { return verify(table_, meaning_); }

  std::vector<k8s::Object> objects_ = story("tutorial");
  nft::Table table_ = rendered(objects_);
  meaning::Meaning meaning_{viewpoint, objects_};
};

TEST_F(Verify, TheTutorialsTable_IsVerified_AndSaysHowManyClassesWereCompared) {
  EXPECT_TRUE(result().verified());
  EXPECT_GT(result().classes, 1000U);
}

TEST_F(Verify, AForeignPort_InAPodsChain_IsFound) {
  insert(chain("pod-ingress-"), {nft::MatchPort{6, {{7777, 7777}}}}, nft::Accept{});
  const Verification found = result();
  ASSERT_FALSE(found.verified());
  for (const Difference& difference : found.differences) {
    EXPECT_EQ(difference.packet.port, 7777) << to_string(difference.packet);
    EXPECT_TRUE(difference.table.accepted);
    EXPECT_FALSE(difference.state.allowed);
  }
}

TEST_F(Verify, AForeignPort_InABaseChain_IsFound_ForPacketsThatNoPolicyJudges) {
  insert(chain("egress"), {nft::MatchPort{6, {{7777, 7777}}}}, nft::Drop{});
  const Verification found = result();
  ASSERT_FALSE(found.verified());
  EXPECT_EQ(found.differences[0].packet.port, 7777);
}

TEST_F(Verify, AnAddressInASet_IsFound) {
  const auto address = *nft::parse_address("198.51.100.7");
  for (auto& [name, set] : table_.sets) {
    if (!name.starts_with("peers-") || !name.ends_with("-v4")) continue;
    set.elements.push_back({nft::key_of(address), nft::key_of(address)});
    std::sort(set.elements.begin(), set.elements.end());
    break;
  }
  const Verification found = result();
  ASSERT_FALSE(found.verified());
  EXPECT_TRUE(found.differences[0].packet.source == address || found.differences[0].packet.destination == address);
}

TEST_F(Verify, WhatOnlyOneStateSees_IsFound) {
  insert(chain("ingress"), {nft::MatchCtState{nft::MatchCtState::untracked}}, nft::Drop{});
  const Verification found = result();
  ASSERT_FALSE(found.verified());
  for (const auto& difference : found.differences) EXPECT_EQ(difference.packet.state, nft::MatchCtState::untracked);
}

TEST_F(Verify, WhatOnlyOneHopLimitSees_IsFound) {
  insert(chain("egress"), {nft::MatchHopLimit{33}}, nft::Drop{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.hop_limit, 33);
}

TEST_F(Verify, WhatTheNodeDoesToItsOwnPackets_IsFound) {  // semantics 76, R2
  table_.chains["alien"] = {.base = nft::Base{nft::Hook::output, 0}, .rules = {}};
  insert(table_.chains["alien"], {nft::MatchPort{6, {{7777, 7777}}}}, nft::Drop{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.hook, nft::Hook::output);
}

TEST_F(Verify, WhatIpvsSendsOn_IsJudgedAsRead_AndIsFoundWhereItIsNot) {  // semantics 81
  Core core({.node = viewpoint.node, .ipvs = true});
  for (const auto& object : objects_) core.upsert(object);
  table_ = core.table();
  meaning_ = meaning::Meaning({.node = viewpoint.node, .ipvs = true}, objects_);
  EXPECT_TRUE(result().verified());
  table_.chains.at("ingress-services").rules.clear();
  ASSERT_FALSE(result().verified());
  for (const auto& difference : result().differences) EXPECT_EQ(difference.packet.hook, nft::Hook::output);
}

TEST_F(Verify, WhatOnlyOneInterfaceSees_IsFound) {
  insert(chain("to-node"), {nft::MatchInterface{nft::Way::in, "wg0", false}}, nft::Drop{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.in, "wg0");
}

TEST_F(Verify, WhatOnlyAnAnycastAddressSees_IsFound) {
  insert(chain("ingress"), {nft::MatchFibType{nft::Side::destination, nft::MatchFibType::anycast, false}}, nft::Drop{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.destination_type, nft::MatchFibType::anycast);
}

TEST_F(Verify, WhatOnlyTheOverlapOfTwoMatchesSees_IsFound) {
  insert(chain("ingress"), {nft::MatchIcmpv6Type{{{200, 250}}}, nft::MatchIcmpv6Type{{{150, 200}}}}, nft::Accept{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.icmpv6_type, 200);
}

// The first rule takes the beginning of the second's range out of its way, which nobody notices: what comes from
// outside is not judged as egress.
TEST_F(Verify, WhatOnlyThePortsBehindARangeMeet_IsFound) {
  const nft::Match outside = nft::MatchInterface{nft::Way::in, "eth0", false};
  insert(chain("egress"), {outside, nft::MatchPort{17, {{7000, 7020}}}}, nft::Drop{});
  insert(chain("egress"), {outside, nft::MatchPort{17, {{7000, 7010}}}}, nft::Accept{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.port, 7011);
}

TEST_F(Verify, WhatOnlyTheAddressesBehindABlockMeet_IsFound) {
  const nft::Match outside = nft::MatchInterface{nft::Way::in, "eth0", false};
  const auto from = [](const char* block) { return nft::MatchAddress{nft::Side::source, *nft::parse_prefix(block)}; };
  insert(chain("egress"), {outside, from("198.51.100.0/24")}, nft::Drop{});
  insert(chain("egress"), {outside, from("198.51.100.0/25")}, nft::Accept{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(to_string(result().differences[0].packet.source), "198.51.100.128");
}

TEST_F(Verify, WhatOnlyAProtocolThatNobodyNamesMeets_IsFound) {
  const nft::Match outside = nft::MatchInterface{nft::Way::in, "eth0", false};
  insert(chain("egress"), {outside}, nft::Drop{});
  for (const std::uint8_t named : std::vector<std::uint8_t>{6, 17, 58, 132})
    insert(chain("egress"), {outside, nft::MatchProtocol{named}}, nft::Accept{});
  ASSERT_FALSE(result().verified());
  EXPECT_EQ(result().differences[0].packet.protocol, 1);
}

TEST_F(Verify, WhatOnlyAnAddressOfNoNamedTypeSees_IsFound) {
  std::vector<nft::Match> matches;
  for (std::uint32_t type = nft::MatchFibType::unicast; type <= nft::MatchFibType::multicast; ++type) {
    matches.push_back(nft::MatchFibType{nft::Side::source, type, true});
  }
  insert(chain("ingress"), matches, nft::Accept{});
  ASSERT_FALSE(result().verified());
  EXPECT_GT(result().differences[0].packet.source_type, nft::MatchFibType::multicast);
}

TEST_F(Verify, ATableThatNamesEveryProtocol_IsComparedAsWell) {
  for (int number = 0; number < 256; ++number) {
    insert(chain("egress"), {nft::MatchProtocol{static_cast<std::uint8_t>(number)}}, nft::Drop{});
  }
  EXPECT_FALSE(result().verified());
}

TEST_F(Verify, ATableThatNamesEveryHopLimit_IsComparedAsWell) {
  for (int number = 0; number < 256; ++number) {
    insert(chain("ingress"), {nft::MatchHopLimit{static_cast<std::uint8_t>(number)}}, nft::Drop{});
  }
  EXPECT_FALSE(result().verified());
}

// All but from[1]: its frontends are among from[0]'s pods of production, so nobody misses it.
TEST_F(Verify, EachMissingRuleOfAPolicy_IsFound_IfItAllowsAnything) {
  const nft::Table whole = table_;
  for (auto& [name, chain] : table_.chains) {
    for (std::size_t i = 0; name.starts_with("policy-") && i < whole.chains.at(name).rules.size(); ++i) {
      if (whole.chains.at(name).rules[i].comment == "production/api ingress[0] from[1]") continue;
      chain.rules.erase(chain.rules.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_FALSE(result().verified()) << name << " without its rule " << i;
      chain = whole.chains.at(name);
    }
  }
}

TEST_F(Verify, AnEmptyTable_IsNotVerified) {
  nft::Table empty;
  empty.name = table_.name;
  EXPECT_FALSE(verify(empty, meaning_).verified());
}

TEST_F(Verify, ATableThatWasNotUnderstoodInFull_IsNeverVerified) {
  const Verification refused = verify(table_, meaning_, {"rule 7 of chain egress: quota"});
  EXPECT_FALSE(refused.verified());
  EXPECT_EQ(refused.classes, 0U);
  EXPECT_EQ(refused.faults, std::vector<std::string>{"not understood: rule 7 of chain egress: quota"});
}

TEST_F(Verify, ATableThatIsNotSound_IsNeverVerified) {
  insert(chain("egress"), {}, nft::Jump{"nowhere"});
  EXPECT_FALSE(result().verified());
  EXPECT_FALSE(result().faults.empty());
}

TEST_F(Verify, KeepsOnlyTheFirstDifferences_ButCountsAll) {
  nft::Table empty;
  empty.name = "selvedge";
  const Verification found = verify(empty, meaning_, {}, 3);
  EXPECT_EQ(found.differences.size(), 3U);
  EXPECT_GT(found.different, 3U);
}

TEST(VerifyLarge, ALargeNode_IsVerified_AndAFullOneInALongRun) {
  const bool long_run = std::getenv("SELVEDGE_LONG") != nullptr;
  const auto objects = long_run ? test::large_node(1) : test::large_node(1, 30, 200, 150);
  const meaning::Meaning meaning(viewpoint, objects);
  const Verification result = verify(rendered(objects), meaning);
  std::cout << "count: verify: " << result.classes << " classes of a " << (long_run ? "full" : "smaller") << " node\n";
  EXPECT_TRUE(result.verified());
}

}  // namespace
}  // namespace selvedge::verify
