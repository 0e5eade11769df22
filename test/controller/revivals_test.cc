// A cut connection does not come to life again from its other end.
#include "controller/revivals.h"

#include <gtest/gtest.h>

#include "controller/core.h"
#include "nft/held_table.h"
#include "nft/simulate.h"
#include "nft/transaction.h"
#include "nft/validate.h"

namespace selvedge {
namespace {

using nft::Packet;

nft::Address at(const char* text) {
  return *nft::parse_address(text);
}

// Pod api is isolated for ingress, pod web for egress.
class RevivalsTest : public testing::Test {
 protected:
  RevivalsTest() {
    for (const auto& [name, address] : {std::pair("api", "10.244.1.5"), std::pair("web", "10.244.1.6")}) {
      k8s::Pod pod;
      pod.meta = {.ns = "shop", .name = name, .uid = name, .labels = {{"app", name}}, .created = ""};
      pod.node = "node-a";
      pod.phase = k8s::Pod::Phase::running;
      pod.addresses = {address};
      core.upsert(pod);
      k8s::NetworkPolicy policy;
      policy.meta = {.ns = "shop", .name = name, .uid = name, .labels = {}, .created = ""};
      policy.pod_selector.match_labels = {{"app", name}};
      policy.ingress_isolates = name == std::string("api");
      policy.egress_isolates = !policy.ingress_isolates;
      core.upsert(policy);
    }
    plain = core.table();
    const std::set all{at("10.244.1.5"), at("10.244.1.6"), at("10.244.1.9")};
    suspects = isolated_among({.of = {all, all}}, plain);
  }

  static Packet tcp(const char* from, const char* to, bool midstream) {
    return {.hook = nft::Hook::forward,
            .in = "cni0",
            .out = "eth0",
            .source = at(from),
            .destination = at(to),
            .protocol = 6,
            .port = 40000,
            .midstream = midstream};
  }

  Core core{{.node = "node-a"}};
  nft::Table plain;
  Suspects suspects;
};

TEST_F(RevivalsTest, Suspects_AreWhoeverIsIsolated_ByDirection) {
  EXPECT_EQ(suspects.in(Direction::ingress), std::set{at("10.244.1.5")});
  EXPECT_EQ(suspects.in(Direction::egress), std::set{at("10.244.1.6")});
}

TEST_F(RevivalsTest, WhomTheMapsLetThrough_AsTheGuardDoesNotHoldHim_IsNoSuspect) {
  core.pod_ranges({*nft::parse_prefix("10.244.1.0/24")});
  k8s::Pod open;
  open.meta = {.ns = "shop", .name = "open", .uid = "open", .labels = {}, .created = ""};
  open.node = "node-a";
  open.phase = k8s::Pod::Phase::running;
  open.addresses = {"10.244.1.8"};
  core.upsert(open);
  const nft::Table table = core.table();
  ASSERT_TRUE(table.maps.at("ingress-v4").elements.contains(nft::key_of(at("10.244.1.8"))));
  const std::set all{at("10.244.1.5"), at("10.244.1.8")};
  EXPECT_EQ(isolated_among({.of = {all, all}}, table), (Suspects{.of = {std::set{at("10.244.1.5")}, {}}}));
}

TEST_F(RevivalsTest, EndsOfAConnection_AreWhoWasCalledAndWhoCalled_ByDirection_AndNoneWhereNothingWouldReviveIt) {
  const Neighbourhood here{
      .bridge = "cni0", .pods = {at("10.244.1.5")}, .own = nft::unite({{at("10.244.1.1"), at("10.244.1.1")}})};
  nft::Connection one;
  one.original = {.source = at("10.244.2.7"), .destination = at("10.96.0.10"), .protocol = 6};
  one.reply = {.source = at("10.244.1.5"), .destination = at("10.244.2.7"), .protocol = 6};
  const Suspects ends{.of = {std::set{at("10.244.1.5")}, std::set{at("10.244.2.7")}}};
  EXPECT_EQ(ends_of(one, here), ends);
  one.original.protocol = one.reply.protocol = 17;
  EXPECT_TRUE(ends_of(one, here).empty());
  nft::Connection to_node;
  to_node.original = {.source = at("10.244.1.5"), .destination = at("10.244.1.1"), .protocol = 6};
  to_node.reply = {.source = at("10.244.1.1"), .destination = at("10.244.1.5"), .protocol = 6};
  EXPECT_TRUE(first_packet(to_node, here));
  EXPECT_TRUE(ends_of(to_node, here).empty());
}

TEST_F(RevivalsTest, TheWrongEndOfACutConnection_DoesNotBeginItAnew_ButMayBeginAnother) {
  const nft::Table table = with_suspects(plain, suspects);
  ASSERT_TRUE(nft::validate(table).empty());
  const nft::Simulation before(plain), rules(table);
  for (const bool midstream : {false, true}) {
    EXPECT_TRUE(before.accepts(tcp("10.244.1.5", "203.0.113.7", midstream)));
    EXPECT_TRUE(before.accepts(tcp("203.0.113.7", "10.244.1.6", midstream)));
    EXPECT_EQ(rules.accepts(tcp("10.244.1.5", "203.0.113.7", midstream)), !midstream);
    EXPECT_EQ(rules.accepts(tcp("203.0.113.7", "10.244.1.6", midstream)), !midstream);
  }
  Packet answer = tcp("10.244.1.5", "203.0.113.7", true);
  answer.state = nft::MatchCtState::established;
  EXPECT_TRUE(rules.accepts(answer));
  EXPECT_TRUE(rules.accepts(tcp("10.244.1.9", "203.0.113.7", true)));
}

TEST_F(RevivalsTest, ChangesComeToTheSameTable_FromAnySuspectsToAny) {
  Suspects one;
  one.in(Direction::ingress) = {at("10.244.1.5"), at("fd00:244::5")};
  for (const Suspects& from : {Suspects{}, suspects, one}) {
    for (const Suspects& to : {Suspects{}, suspects, one}) {
      nft::Table table = with_suspects(plain, from);
      for (const nft::Batch& batch : nft::plan(table, suspect_changes(table, from, to))) {
        const auto applied = nft::apply(table, batch);
        ASSERT_TRUE(applied) << applied.error().message;
      }
      EXPECT_EQ(table, with_suspects(plain, to));
    }
  }
}

TEST_F(RevivalsTest, AChainThatIsRewritten_KeepsTheRules) {
  const nft::Table table = with_suspects(plain, suspects);
  nft::Changes changes;
  changes.chains["egress"] = plain.chains.at("egress");
  EXPECT_EQ(std::get<nft::Chain>(keeping_rules(changes).chains.at("egress")), table.chains.at("egress"));
}

}  // namespace
}  // namespace selvedge
