// What is committed is what is dumped (law 1), and `nft list` shows it as it shows
// the table's text after `nft -f` (law 5): each alternative alone, tables at
// random, and sets of the size of a large cluster.
#include <atomic>
#include <sstream>

#include <gtest/gtest.h>

#include "nft/validate.h"
#include "test/kernel/sample_rules.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

using test::commit_table;
using test::dump_of;
using test::in_fresh_namespace;
using test::open_backend;

// gtest's own printing of a table is of no use to anyone.
std::string difference(const Table& expected, const Table& found) {
  std::istringstream a(to_text(expected)), b(to_text(found));
  std::string line_a, line_b;
  for (int line = 1; std::getline(a, line_a) || std::getline(b, line_b); ++line) {
    std::getline(b, line_b);
    if (line_a != line_b) return "line " + std::to_string(line) + ": expected\n" + line_a + "\nfound\n" + line_b;
  }
  return "the texts are the same, the values are not";
}

void expect_dumped(NetlinkBackend& backend, const Table& expected) {
  const Dump dump = dump_of(backend);
  EXPECT_TRUE(dump.table == expected) << difference(expected, dump.table);
  for (const Opaque& opaque : dump.opaque) ADD_FAILURE() << opaque.owner << ": " << opaque.what;
}

// `nft list` of the table once committed by us, and once loaded as text by nft.
std::string listed_from_netlink(const Table& table) {
  std::string listed;
  in_fresh_namespace([&] {
    auto backend = open_backend();
    commit_table(backend, table);
    listed = test::nft("list table inet " + table.name);
  });
  return listed;
}
std::string listed_from_text(const Table& table) {
  std::string listed;
  in_fresh_namespace([&] {
    test::nft_load(to_text(table));
    listed = test::nft("list table inet " + table.name);
  });
  return listed;
}

class OneRule : public test::KernelTest, public testing::WithParamInterface<test::SampleRule> {};

TEST_P(OneRule, ComesBackAsItWasCommitted) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    const Table table = test::table_with({GetParam().rule});
    commit_table(backend, table);
    expect_dumped(backend, table);
  });
}

TEST_P(OneRule, ListsAsItsTextDoes) {
  const Table table = test::table_with({GetParam().rule});
  EXPECT_EQ(listed_from_netlink(table), listed_from_text(table));
}

// What nft itself made of our text is understood just as well.
TEST_P(OneRule, LoadedAsText_IsDumpedAsTheSameTable) {
  in_fresh_namespace([] {
    const Table table = test::table_with({GetParam().rule});
    test::nft_load(to_text(table));
    auto backend = open_backend();
    expect_dumped(backend, table);
  });
}

INSTANTIATE_TEST_SUITE_P(Samples, OneRule, testing::ValuesIn(test::sample_rules()),
                         [](const auto& sample) { return sample.param.name; });

class RoundTrip : public test::KernelTest {};

TEST_F(RoundTrip, AllSamplesInOneChain_KeepTheirOrder) {
  in_fresh_namespace([] {
    std::vector<Rule> rules;
    for (const auto& sample : test::sample_rules()) rules.push_back(sample.rule);
    const Table table = test::table_with(rules);
    auto backend = open_backend();
    commit_table(backend, table);
    expect_dumped(backend, table);
  });
}

TEST_F(RoundTrip, TablesAtRandom_ComeBackAsTheyWereCommitted) {
  for (const std::uint64_t seed : test::seeds(40)) {
    SCOPED_TRACE("SELVEDGE_SEED=" + std::to_string(seed));
    test::Random random(seed);
    const Table table = test::random_table(random);
    ASSERT_TRUE(validate(table).empty());
    in_fresh_namespace([&] {
      auto backend = open_backend();
      commit_table(backend, table);
      expect_dumped(backend, table);
    });
    if (HasFailure()) return;
  }
}

TEST_F(RoundTrip, TablesAtRandom_ListAsTheirTextDoes) {
  for (const std::uint64_t seed : test::seeds(40)) {
    SCOPED_TRACE("SELVEDGE_SEED=" + std::to_string(seed));
    test::Random random(seed);
    const Table table = test::random_table(random);
    ASSERT_EQ(listed_from_netlink(table), listed_from_text(table));
  }
}

TEST_F(RoundTrip, OneTableMadeIntoAnother_ByThePlan_IsTheOther) {
  for (const std::uint64_t seed : test::seeds(25)) {
    SCOPED_TRACE("SELVEDGE_SEED=" + std::to_string(seed));
    test::Random random(seed);
    const Table from = test::random_table(random);
    const Table to = test::random_table(random);
    in_fresh_namespace([&] {
      auto backend = open_backend();
      commit_table(backend, from);
      for (const Batch& batch : plan(from, diff(from, to))) {
        const auto done = backend.commit("selvedge", batch);
        ASSERT_TRUE(done) << done.error().message;
      }
      expect_dumped(backend, to);
    });
    if (HasFailure()) return;
  }
}

// ---- size -----------------------------------------------------------------------

Address numbered(std::uint32_t number) {
  Address address{.family = Family::v4};
  for (std::size_t i = 0; i < 4; ++i) address.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return address;
}

TEST_F(RoundTrip, AHundredThousandAddresses_TenThousandIntervals_FiveThousandPods) {
  Table table;
  table.name = "selvedge";
  table.chains["pod"] = {};
  Set peers{.type = address_type(Family::v4), .interval = false, .comment = "", .elements = {}};
  for (std::uint32_t i = 0; i < 100'000; ++i) peers.elements.push_back(test::one(key_of(numbered(0x0a000000 + i))));
  Set blocks{.type = address_type(Family::v4), .interval = true, .comment = "", .elements = {}};
  for (std::uint32_t i = 0; i < 10'000; ++i)
    blocks.elements.push_back({key_of(numbered(0x64000000 + 16 * i)), key_of(numbered(0x64000000 + 16 * i + i % 14))});
  Map pods{.type = address_type(Family::v4), .comment = "", .elements = {}};
  for (std::uint32_t i = 0; i < 5'000; ++i) pods.elements[key_of(numbered(0x0af40000 + i))] = Goto{"pod"};
  table.sets = {{"peers-v4", std::move(peers)}, {"block-v4", std::move(blocks)}};
  table.maps = {{"egress-v4", std::move(pods)}};
  in_fresh_namespace([&] {
    auto backend = open_backend();
    commit_table(backend, table);
    const Dump dump = dump_of(backend);
    EXPECT_EQ(dump.table.sets.at("peers-v4").elements.size(), 100'000U);
    EXPECT_EQ(dump.table.sets.at("block-v4").elements.size(), 10'000U);
    EXPECT_EQ(dump.table.maps.at("egress-v4").elements.size(), 5'000U);
    EXPECT_TRUE(dump.table == table);
    EXPECT_TRUE(dump.opaque.empty());
  });
}

// ---- counters, presence -----------------------------------------------------------

TEST_F(RoundTrip, NoTable_IsNoDump) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    const auto dump = backend.dump("selvedge");
    ASSERT_TRUE(dump) << dump.error().message;
    EXPECT_FALSE(*dump);
  });
}

TEST_F(RoundTrip, ADeletedTable_IsGone) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    commit_table(backend, test::table_with({}));
    ASSERT_TRUE(backend.commit("selvedge", {DeleteTable{}}));
    EXPECT_FALSE(*backend.dump("selvedge"));
  });
}

TEST_F(RoundTrip, OtherTables_AreNotSeenAndNotTouched) {
  in_fresh_namespace([] {
    const std::string foreign =
        "table inet other {\n\tset selvedge { type ipv4_addr; elements = { 10.0.0.1 } }\n"
        "\tchain pod { ip saddr @selvedge drop; }\n}\ntable ip selvedge {\n\tchain pod { accept; }\n}\n";
    test::nft_load(foreign);
    const std::string before = test::nft("list table inet other") + test::nft("list table ip selvedge");
    auto backend = open_backend();
    const Table table = test::table_with({});
    commit_table(backend, table);
    expect_dumped(backend, table);
    EXPECT_EQ(test::nft("list table inet other") + test::nft("list table ip selvedge"), before);
  });
}

// The generation moves all the time, but not because of us.
TEST_F(RoundTrip, ADump_IsWholeWhileOthersCommitToTheirTables) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    const Table table = test::table_with({});
    commit_table(backend, table);
    const std::uint32_t before = backend.glance("selvedge")->generation;
    std::atomic<bool> over = false;
    std::thread busy([&] {
      auto other = open_backend();
      while (!over) {
        EXPECT_TRUE(other.commit("other", {AddTable{}, AddChain{"c", {}}}));
        EXPECT_TRUE(other.commit("other", {DeleteTable{}}));
      }
    });
    for (int i = 0; i < 50; ++i) expect_dumped(backend, table);
    over = true;
    busy.join();
    EXPECT_NE(backend.glance("selvedge")->generation, before);
  });
}

TEST_F(RoundTrip, ANamedCounter_KeepsItsValueWhenItsChainIsRefilled) {
  in_fresh_namespace([] {
    ASSERT_EQ(test::run("ip link set lo up").status, 0);
    auto backend = open_backend();
    Table table;
    table.name = "selvedge";
    table.counters = {"deny-x"};
    const Rule counted{.matches = {MatchProtocol{1}}, .counter = "deny-x", .verdict = Accept{}, .comment = ""};
    table.chains["to-node"] = {.base = Base{Hook::input, 0}, .rules = {counted}};
    commit_table(backend, table);
    ASSERT_EQ(test::run("ping -c 3 -i 0.01 127.0.0.1").status, 0);
    const auto before = dump_of(backend).counters.at("deny-x");
    EXPECT_EQ(before.packets, 6U);  // requests and replies
    EXPECT_GT(before.bytes, 0U);

    ASSERT_TRUE(backend.commit("selvedge", {AddTable{}, FlushChain{"to-node"}, AddRule{"to-node", counted}}));
    EXPECT_EQ(dump_of(backend).counters.at("deny-x").packets, before.packets);
    const auto counts = backend.counts("selvedge");
    ASSERT_TRUE(counts && *counts);
    EXPECT_EQ(**counts, (Counts{{"deny-x", before}}));
    ASSERT_EQ(test::run("ping -c 1 127.0.0.1").status, 0);
    EXPECT_EQ(dump_of(backend).counters.at("deny-x").packets, before.packets + 2);
  });
}

TEST_F(RoundTrip, CountsAreOfTheTableAlone_AndNoneOfOneThatIsNotThere) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    EXPECT_EQ(backend.counts("selvedge")->has_value(), false);
    test::nft("add table inet other");
    test::nft("add counter inet other alien");
    test::nft("add table ip selvedge");
    test::nft("add counter ip selvedge namesake");
    Table table;
    table.name = "selvedge";
    for (int i = 0; i < 2000; ++i) table.counters.insert("deny-ingress-" + std::to_string(i) + std::string(200, 'x'));
    commit_table(backend, table);
    test::nft("add quota inet selvedge foreign over 1 mbytes");
    const auto counts = backend.counts("selvedge");
    ASSERT_TRUE(counts && *counts);
    EXPECT_EQ((*counts)->size(), table.counters.size());
    for (const auto& [name, value] : **counts) EXPECT_TRUE(table.counters.contains(name) && value == CounterValue{});
  });
}

TEST_F(RoundTrip, AGlance_SeesOthersChangesOfTheTable) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    EXPECT_FALSE(backend.glance("selvedge")->exists);
    commit_table(backend, test::table_with({}));
    const auto before = backend.glance("selvedge");
    ASSERT_TRUE(before);
    EXPECT_TRUE(before->exists);
    EXPECT_EQ(*backend.glance("selvedge"), *before);

    test::nft("add chain inet selvedge intruder");
    const auto after = backend.glance("selvedge");
    EXPECT_EQ(after->handle, before->handle);
    EXPECT_NE(after->use, before->use);
    EXPECT_NE(after->generation, before->generation);

    test::nft("delete table inet selvedge");
    commit_table(backend, test::table_with({}));
    EXPECT_NE(backend.glance("selvedge")->handle, before->handle);
  });
}

}  // namespace
}  // namespace selvedge::nft
