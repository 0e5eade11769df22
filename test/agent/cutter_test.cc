// The cutter with entries of a real kernel, in a network namespace of its own.
#include "controller/agent/cutter.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <linux/capability.h>

#include "test/agent/namespace.h"
#include "test/agent/reconciler_bed.h"
#include "test/support/conntrack_entries.h"

namespace selvedge::agent {
namespace {

nft::Address at(const std::string& text) {
  return *nft::parse_address(text);
}

// Pod api is isolated for ingress; who is called "friend" may reach it nevertheless.
nft::PackedTable rules(bool with_friend) {
  Core core({.node = "node-a"});
  core.upsert(pod("api", "10.244.1.5"));
  k8s::NetworkPolicy policy = deny_all("deny");
  if (with_friend) {
    k8s::Peer peer;
    peer.ip_block = k8s::IpBlock{.cidr = "203.0.113.0/25", .except = {}};
    policy.ingress.push_back({});
    policy.ingress[0].peers.push_back(peer);
  }
  core.upsert(policy);
  nft::Table table = core.table();
  nft::HeldElements elements = nft::take_elements(table);
  return {.outline = std::move(table), .elements = std::move(elements)};
}

CuttingOrder order(bool with_friend) {
  return {.about = {.narrowed = {.anyone = true, .addresses = {}}, .released = {}},
          .neighbourhood = {.bridge = "cni0", .pods = {at("10.244.1.5")}},
          .rules = rules(with_friend)};
}

test::Connection from(const std::string& address, std::uint16_t port = 40000, std::uint8_t protocol = 6) {
  return {.source = at(address),
          .destination = at("10.244.1.5"),
          .protocol = protocol,
          .source_port = port,
          .destination_port = 80,
          .state = test::Connection::State::answered};
}

class CutterTest : public testing::Test {
 protected:
  void SetUp() override {
    place_ = test::NetworkNamespace::make();
    if (!place_) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
    ASSERT_EQ(system("ip link add cni0 type bridge"), 0);
    entries_.emplace();
    cutter_.emplace([](const LogLine&) {}, metrics_, [] {});
  }
  void TearDown() override { cutter_.reset(); }

  CuttingOutcome outcome() { return outcome_of(*cutter_); }
  static CuttingOutcome outcome_of(Cutter& cutter) {
    std::optional<CuttingOutcome> outcome;
    EXPECT_TRUE(test::eventually([&] { return (outcome = cutter.take_outcome()).has_value(); }));
    return outcome.value_or(CuttingOutcome{.failed = true});
  }
  CuttingOutcome find(CuttingOrder order) {
    cutter_->find(std::move(order));
    return outcome();
  }
  CuttingOutcome remove(CuttingOrder order) {
    cutter_->remove(std::move(order));
    return outcome();
  }
  // Who calls pod api, as the kernel has it.
  static std::set<nft::Address> callers() {
    std::set<nft::Address> all;
    auto table = nft::ConntrackTable::open();
    EXPECT_TRUE(table && table->each([&](const nft::Connection& one) {
      if (one.reply.source == at("10.244.1.5")) all.insert(one.original.source);
    }));
    return all;
  }

  std::unique_ptr<test::NetworkNamespace> place_;
  Metrics metrics_;
  std::optional<test::ConntrackEntries> entries_;
  std::optional<Cutter> cutter_;
};

TEST_F(CutterTest, WhatItFinds_StaysUntilItIsToldToRemoveIt) {
  entries_->add({from("203.0.113.7"), from("203.0.113.200")});
  const CuttingOutcome found = find(order(true));
  EXPECT_FALSE(found.failed);
  EXPECT_EQ(found.found, 1U);
  EXPECT_TRUE(found.all);
  EXPECT_EQ(found.ends, (Suspects{.of = {std::set{at("10.244.1.5")}, {}}}));
  EXPECT_EQ(callers().size(), 2U);
  EXPECT_FALSE(remove(order(true)).failed);
  EXPECT_EQ(callers(), std::set{at("203.0.113.7")});
  EXPECT_EQ(metrics_.connections_cut.Value(), 1);
}

TEST_F(CutterTest, WhenAStepIsDone_ItSaysSo_AndTheOutcomeIsThere) {
  std::promise<std::optional<CuttingOutcome>> heard;
  std::optional<Cutter> cutter;
  cutter.emplace([](const LogLine&) {}, metrics_, [&] { heard.set_value(cutter->take_outcome()); });
  cutter->find(order(true));
  auto outcome = heard.get_future();
  ASSERT_EQ(outcome.wait_for(seconds(30)), std::future_status::ready);
  EXPECT_TRUE(outcome.get());
}

TEST_F(CutterTest, WhatIsAllowedAgainMeanwhile_Stays) {
  entries_->add({from("203.0.113.7"), from("203.0.113.200")});
  EXPECT_EQ(find(order(false)).found, 2U);
  EXPECT_FALSE(remove(order(true)).failed);
  EXPECT_EQ(callers(), std::set{at("203.0.113.7")});
}

TEST_F(CutterTest, OfAddressesThatHaveLostTheirPod_AllEnds_ButNotOnceAnotherPodHasThem) {  // semantics 97
  CuttingOrder about = order(true);
  about.about = {.narrowed = {}, .released = {at("10.244.1.5")}};
  entries_->add({from("203.0.113.7")});
  EXPECT_EQ(find(about).found, 1U);
  about.about.released.clear();
  EXPECT_FALSE(remove(about).failed);
  EXPECT_EQ(callers().size(), 1U);
  about.about.released = {at("10.244.1.5")};
  const CuttingOutcome found = find(about);
  EXPECT_EQ(found.found, 1U);
  EXPECT_TRUE(found.ends.empty());
  EXPECT_FALSE(remove(about).failed);
  EXPECT_TRUE(callers().empty());
}

// Pod web may be isolated, and pod api no longer, by the time of the removal: then it is web whom api would call back.
TEST_F(CutterTest, TheEndsOfWhatItFinds_AreAllThatArePods_HoweverTheyAreIsolatedNow) {
  CuttingOrder both = order(false);
  both.neighbourhood.pods.insert(at("10.244.1.9"));
  entries_->add({from("10.244.1.9"), from("203.0.113.7")});
  const CuttingOutcome found = find(both);
  EXPECT_EQ(found.found, 2U);
  EXPECT_EQ(found.ends, (Suspects{.of = {std::set{at("10.244.1.5")}, std::set{at("10.244.1.9")}}}));
}

TEST_F(CutterTest, DatagramsHaveNoEndThatWouldReviveThem) {
  entries_->add({from("203.0.113.200", 40000, 17)});
  const CuttingOutcome found = find(order(true));
  EXPECT_EQ(found.found, 1U);
  EXPECT_TRUE(found.ends.empty());
}

// What is found is what counts: of those that end meanwhile none is removed, and there may be more.
// An answer that was on its way when the entry went makes one the other way round.
TEST_F(CutterTest, DatagramsThatBeginAnewByAnAnswer_EndAgain_WhileWhatTheyReviveIsForbidden) {
  constexpr std::uint8_t udp = 17;
  const auto answer = [](std::uint16_t port) {
    test::Connection turned = from("203.0.113.7", port, udp);
    std::swap(turned.source, turned.destination);
    std::swap(turned.source_port, turned.destination_port);
    return turned;
  };
  const auto called = [](std::uint16_t port) {
    std::size_t count = 0;
    auto table = nft::ConntrackTable::open();
    EXPECT_TRUE(table && table->each([&](const nft::Connection& one) {
      if (one.original.source == at("10.244.1.5") && one.original.destination_port == port) ++count;
    }));
    return count;
  };
  entries_->add({from("203.0.113.7", 40000, udp)});
  EXPECT_EQ(find(order(false)).found, 1U);
  EXPECT_FALSE(remove(order(false)).revived);
  entries_->add({answer(40000), answer(40001)});
  EXPECT_EQ(find(order(false)).found, 1U);
  EXPECT_TRUE(remove(order(false)).revived);
  EXPECT_EQ(called(40000), 0U);
  EXPECT_EQ(called(40001), 1U) << "that one began by itself";
  entries_->add({answer(40000)});
  EXPECT_EQ(find(order(true)).found, 0U) << "its caller is a friend now";
}

TEST_F(CutterTest, OfMoreThanItKeeps_ItSaysSo_ThoughAllEndBeforeTheyAreRemoved) {
  std::vector<test::Connection> many;
  for (std::size_t i = 0; i <= Cutter::most_at_once; ++i)
    many.push_back(from("198.51." + std::to_string(i / 30000) + ".7", static_cast<std::uint16_t>(1 + i % 30000)));
  entries_->add(many);
  CuttingOutcome found = find(order(true));
  EXPECT_EQ(found.found, Cutter::most_at_once);
  EXPECT_FALSE(found.all);
  entries_->flush();
  EXPECT_FALSE(remove(order(true)).failed);
  EXPECT_EQ(metrics_.connections_cut.Value(), 0);
  found = find(order(true));
  EXPECT_EQ(found.found, 0U);
  EXPECT_TRUE(found.all);
}

TEST_F(CutterTest, OfTheNodeItself_WhateverMakesAnAddressItsOwn_NoneIsFound) {
  ASSERT_EQ(system("ip route add local 198.51.100.0/24 dev lo && ip link add kube-ipvs0 type bridge && "
                   "ip address add 10.96.0.10/32 dev kube-ipvs0 && ip link set kube-ipvs0 up"),
            0);
  entries_->add({from("198.51.100.77"), from("10.96.0.10"), from("127.0.0.1"), from("198.51.101.1")});
  EXPECT_EQ(find(order(false)).found, 1U);
  EXPECT_FALSE(remove(order(false)).failed);
  EXPECT_FALSE(callers().contains(at("198.51.101.1")));
  EXPECT_EQ(callers().size(), 3U);
}

// The capabilities of a thread alone are dropped, and of those that it starts.
TEST_F(CutterTest, WithoutThePrivilege_EachStepFails_AndItSaysSo) {
  std::thread([&] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> none{};
    ASSERT_EQ(syscall(SYS_capset, &header, none.data()), 0);
    Cutter cutter([](const LogLine&) {}, metrics_, [] {});
    EXPECT_NE(cutter.fault().find("CAP_NET_ADMIN"), std::string::npos) << cutter.fault();
    EXPECT_EQ(metrics_.cutting_fails.Value(), 1);
    cutter.find(order(true));
    EXPECT_TRUE(outcome_of(cutter).failed);
  }).join();
  EXPECT_FALSE(find(order(true)).failed);
  EXPECT_EQ(metrics_.cutting_fails.Value(), 0);
}

}  // namespace
}  // namespace selvedge::agent
