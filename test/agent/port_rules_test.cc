#include "controller/agent/port_rules.h"

#include <gtest/gtest.h>

#include "nft/validate.h"
#include "test/support/fake_backend.h"

namespace selvedge::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

nft::Address address(const char* text) {
  return *nft::parse_address(text);
}

nft::BridgePort port(std::uint32_t index) {
  return {.index = index, .name = "veth" + std::to_string(index), .of_a_pod = true, .peer_space = 0, .peer_index = 2};
}

const nft::Error unsupported{
    .kind = nft::Error::Kind::unsupported, .code = 97, .op = std::nullopt, .object = {}, .message = "no such family"};

// Ports and a kernel in memory, and a clock that stands.
class PortRulesTest : public testing::Test {
 protected:
  test::FakeBackend kernel{nft::TableFamily::bridge};
  nft::BridgePorts ports{.ports = {port(5)}, .other_bridges = false};
  std::map<std::uint32_t, std::vector<nft::Address>> held{{5, {address("10.244.1.5")}}};
  tl::expected<void, nft::Error> sight{};
  std::size_t looks = 0;
  Time now{seconds(1000)};
  std::vector<LogLine> lines;
  Metrics metrics;
  PodAddresses pods{{{"shop", "api"}, {address("10.244.1.5")}}};
  std::vector<nft::Prefix> ranges{*nft::parse_prefix("10.244.1.0/24")};
  std::uint64_t commits_of_others = 0;
  PortRules rules = made();

  PortRules made() {
    return {"selvedge",
            kernel,
            [this]() -> std::optional<Glimpse> {
              return Glimpse{.shape = kernel.table("selvedge") ? "there" : "", .others = commits_of_others};
            },
            PortSight{.round = seconds(1),
                      .ports = [this]() -> tl::expected<nft::BridgePorts, nft::Error> {
                        ++looks;
                        if (!sight) return tl::unexpected(sight.error());
                        return ports;
                      },
                      .addresses = [this](const nft::BridgePort& one)
                          -> tl::expected<std::vector<nft::Address>, nft::Error> { return held[one.index]; }},
            [this] { return now; },
            [this](const LogLine& line) { lines.push_back(line); },
            metrics};
  }
  void round(PortRules& of) {
    of.observe();
    of.settle(pods, ranges);
  }
  void round() { round(rules); }
  bool is_bound(std::uint32_t index) const {
    const auto table = kernel.table("selvedge");
    if (!table) return false;
    EXPECT_TRUE(nft::validate(*table).empty());
    return table->chains.contains("port-" + std::to_string(index) + "-veth" + std::to_string(index));
  }
};

TEST_F(PortRulesTest, BindAPort_AndWriteNothingMore_WhileNothingChanges) {
  round();
  EXPECT_TRUE(is_bound(5));
  const std::size_t commits = kernel.commits();
  for (int i = 0; i < 5; ++i) {
    now += seconds(1);
    round();
  }
  EXPECT_EQ(kernel.commits(), commits);
  EXPECT_EQ(looks, 6U);
  EXPECT_EQ(rules.fault(), "");
}

TEST_F(PortRulesTest, ANewPortIsSeenOnNews_NotEachTimeThatThereIsSome) {
  round();
  ports.ports.push_back(port(6));
  held[6] = {address("10.244.1.6")};
  pods[{"shop", "web"}] = {address("10.244.1.6")};
  now += milliseconds(1);
  rules.news();
  round();
  EXPECT_EQ(looks, 1U) << "it was looked a millisecond ago";
  EXPECT_LE(rules.wake(), now + milliseconds(50));
  now += milliseconds(50);
  round();
  EXPECT_TRUE(is_bound(6));
}

TEST_F(PortRulesTest, ASandboxThatIsToldOf_IsBoundAtOnce_WithoutNewsOfLinks) {
  round();
  ports.ports.push_back(port(6));
  held[6] = {address("10.244.1.6")};
  pods[{"shop", "web"}] = {address("10.244.1.6")};
  rules.look_now();
  EXPECT_LE(rules.wake(), now);
  round();
  EXPECT_TRUE(is_bound(6));
}

TEST_F(PortRulesTest, AreDueAfterALook_AndAfterEventsOfPods) {
  EXPECT_TRUE(rules.is_due(3));
  EXPECT_FALSE(rules.is_due(3));
  EXPECT_TRUE(rules.is_due(4));
  EXPECT_FALSE(rules.is_due(4));
  rules.observe();
  EXPECT_TRUE(rules.is_due(4));
}

TEST_F(PortRulesTest, APortThatHasNoAddressYet_IsLookedAtSoonAgain) {
  held[5] = {};
  rules.news();
  round();
  EXPECT_FALSE(is_bound(5));
  EXPECT_LE(rules.wake(), now + milliseconds(100));
  held[5] = {address("10.244.1.5")};
  now += milliseconds(100);
  round();
  EXPECT_TRUE(is_bound(5));
  EXPECT_GT(rules.wake(), now + milliseconds(100));
}

TEST_F(PortRulesTest, AKernelWithoutBridgeTables_IsToldOfOnce_AndTriedAgainLater) {
  kernel.fail_commit({.error = unsupported});
  round();
  EXPECT_NE(rules.fault().find("no such family"), std::string::npos);
  for (int i = 0; i < 10; ++i) {
    now += seconds(1);
    round();
  }
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(kernel.commits(), 0U);
  now += seconds(300);
  round();
  EXPECT_EQ(rules.fault(), "");
  EXPECT_TRUE(is_bound(5));
}

TEST_F(PortRulesTest, PortsThatCannotBeRead_LeaveTheRulesAsTheyAre) {
  round();
  sight = tl::unexpected(nft::Error{.kind = nft::Error::Kind::transient,
                                    .code = 5,
                                    .op = std::nullopt,
                                    .object = {},
                                    .message = "reading the links"});
  ports.ports.clear();
  now += seconds(1);
  round();
  EXPECT_NE(rules.fault(), "");
  EXPECT_TRUE(is_bound(5));
  sight = {};
  now += seconds(60);
  round();
  EXPECT_EQ(rules.fault(), "");
  EXPECT_FALSE(is_bound(5));
}

TEST_F(PortRulesTest, AfterARestart_WhatPortsHeldFirstIsStillKnown) {
  round();
  held[5] = {address("10.244.1.6")};
  pods[{"shop", "web"}] = {address("10.244.1.6")};
  PortRules next = made();
  const std::size_t commits = kernel.commits();
  round(next);
  const auto table = kernel.table("selvedge");
  EXPECT_EQ(table->chains.at("port-5-veth5").rules[1].comment, "shop/api");
  EXPECT_LE(kernel.commits(), commits + 1) << "web's address is known now; nothing else is written";
}

TEST_F(PortRulesTest, ATableThatSomebodyRemoved_OrEdited_IsRestored) {  // semantics 102
  round();
  const auto before = kernel.table("selvedge");
  kernel.remove("selvedge");
  ++commits_of_others;
  now += seconds(1);
  round();
  EXPECT_TRUE(kernel.table("selvedge") == before);

  nft::Table edited = *before;
  edited.chains["unbound"].rules.clear();
  kernel.put(edited);
  ++commits_of_others;
  now += seconds(1);
  round();
  EXPECT_TRUE(kernel.table("selvedge") == before);
  EXPECT_EQ(lines.size(), 2U);
}

}  // namespace
}  // namespace selvedge::agent
