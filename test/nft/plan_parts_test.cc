// Large changes: where batches are cut, and where they must not be.
#include <algorithm>

#include <gtest/gtest.h>

#include "nft/held_table.h"
#include "nft/transaction.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

const KeyType v4 = address_type(Family::v4);

Element pod(std::uint32_t number) {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(number >> shift); };
  const Key key = key_of(Address{Family::v4, {10, byte(16), byte(8), byte(0)}});
  return {key, key};
}
std::vector<Element> pods(std::uint32_t from, std::uint32_t to) {
  std::vector<Element> elements;
  for (std::uint32_t i = from; i < to; ++i) elements.push_back(pod(i));
  return elements;
}
Rule looks_up(std::string set) {
  return {{MatchAddressSet{Side::source, Family::v4, std::move(set)}}, "", Accept{}, ""};
}

Table table_with(std::vector<Element> elements) {
  Table table;
  table.name = "selvedge";
  table.sets["peers"] = {v4, false, "", std::move(elements)};
  table.chains["forward"] = {Base{Hook::forward, -5}, {looks_up("peers")}};
  return table;
}

std::size_t elements_of(const Batch& batch) {
  std::size_t count = 0;
  for (const Op& op : batch) {
    if (const auto* added = std::get_if<AddElements>(&op)) count += added->elements.size();
    if (const auto* deleted = std::get_if<DeleteElements>(&op)) count += deleted->elements.size();
  }
  return count;
}

std::vector<std::size_t> elements_of(const std::vector<Batch>& batches) {
  std::vector<std::size_t> counts;
  for (const Batch& batch : batches) counts.push_back(elements_of(batch));
  return counts;
}

void expect_reaches(Table table, const Table& wanted, const std::vector<Batch>& batches) {
  for (const Batch& batch : batches) {
    const auto applied = apply(table, batch);
    ASSERT_TRUE(applied) << applied.error().message;
  }
  EXPECT_EQ(table, wanted);
}

TEST(PlanInParts, FillsANewSetInSeveralBatches_BeforeAnythingLeadsToIt) {
  Table none;
  none.name = "selvedge";
  const Table wanted = table_with(pods(0, 200'000));
  const auto batches = plan(none, diff(none, wanted));
  ASSERT_GE(batches.size(), 4U);
  for (std::size_t i = 0; i + 1 < batches.size(); ++i) {
    EXPECT_GT(elements_of(batches[i]), 0U);
    EXPECT_LE(elements_of(batches[i]) * 28, batch_limit);
    EXPECT_TRUE(std::ranges::none_of(batches[i], [](const Op& op) { return std::holds_alternative<AddChain>(op); }));
  }
  EXPECT_EQ(elements_of(batches.back()), 0U);
  expect_reaches(none, wanted, batches);
}

TEST(PlanInParts, CutsElementsThatOnlyCome_AndThoseThatOnlyGo) {
  const Table few = table_with(pods(0, 10));
  const Table many = table_with(pods(0, 1'010));
  const std::size_t limit = 28 * 100 + 128;
  const auto coming = plan(few, diff(few, many), limit);
  EXPECT_GE(coming.size(), 10U);
  expect_reaches(few, many, coming);
  const auto going = plan(many, diff(many, few), limit);
  EXPECT_GE(going.size(), 10U);
  expect_reaches(many, few, going);
}

TEST(PlanInParts, NeverCutsElementsThatComeWhileOthersGo) {
  const Table from = table_with(pods(0, 1'000));
  const Table into = table_with(pods(500, 1'500));
  EXPECT_EQ(elements_of(plan(from, diff(from, into), 1)), std::vector<std::size_t>{1'000});
}

TEST(PlanInParts, NeverCutsElementsThatComeAsChainsChange_OrAsMapsDo) {
  const Table from = table_with(pods(0, 10));
  Table into = table_with(pods(0, 1'000));
  into.chains["forward"].rules.push_back(looks_up("peers"));
  EXPECT_EQ(elements_of(plan(from, diff(from, into), 1)), std::vector<std::size_t>{990});

  Table calling = from;
  calling.chains["policy"].rules = {looks_up("peers")};
  calling.chains["forward"].rules = {{{}, "", Jump{"policy"}, ""}};
  into = calling;
  into.sets["peers"].elements = pods(0, 1'000);
  into.chains["policy"].rules.clear();
  EXPECT_EQ(elements_of(plan(calling, diff(calling, into), 1)), std::vector<std::size_t>{990});

  Table held = from;
  held.maps["egress"].type = v4;
  into = held;
  into.sets["peers"].elements = pods(0, 1'000);
  into.maps["egress"].elements[pod(3).first] = Drop{};
  EXPECT_EQ(elements_of(plan(held, diff(held, into), 1)), std::vector<std::size_t>{990});
}

TEST(PlanInParts, NeverCutsTheRefillOfChains) {
  Table from = table_with(pods(0, 10));
  for (int i = 0; i < 50; ++i) from.chains["policy-" + std::to_string(i)].rules = {looks_up("peers")};
  for (int i = 0; i < 50; ++i)
    from.chains["forward"].rules.push_back({{}, "", Jump{"policy-" + std::to_string(i)}, ""});
  Table into = from;
  for (auto& [name, chain] : into.chains) chain.rules.push_back(looks_up("peers"));
  const auto batches = plan(from, diff(from, into), 1);
  ASSERT_EQ(batches.size(), 1U);
  expect_reaches(from, into, batches);
}

// A base chain on its way out must not look into a policy that is empty already.
TEST(PlanInParts, RemovesBaseChainsBeforeWhatTheyLeadTo) {
  Table from = table_with(pods(0, 10));
  from.chains["a-policy"].rules = {looks_up("peers")};
  from.chains["old"] = {Base{Hook::forward, 3}, {{{}, "", Jump{"a-policy"}, ""}, {{}, "", Drop{}, ""}}};
  const Table into = table_with(pods(0, 10));
  const auto batches = plan(from, diff(from, into), 1);
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0], (Batch{AddTable{}, FlushChain{"old"}, DeleteChain{"old"}}));
  expect_reaches(from, into, batches);
}

TEST(PlanInParts, EndsAtTheFirstBatchThatIsNotTaken) {
  Table none;
  none.name = "selvedge";
  const Table wanted = table_with(pods(0, 1'000));
  std::size_t taken = 0;
  const auto take = [&taken](const Batch&) { return ++taken < 3; };
  plan(none, diff(none, wanted), take, 1'000);
  EXPECT_EQ(taken, 3U);
}

// Carried out as they are made, on the very table that they are made from.
TEST(PlanInParts, ConvergesBetweenAnyTables_InTheSmallestBatches) {
  for (const auto seed : test::seeds(30)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    HeldTable held("selvedge");
    for (int step = 0; step < 4; ++step) {
      const Table wanted = test::random_table(random);
      const auto changes = held.changes_to(wanted);
      std::size_t batches = 0;
      plan(
          held.outline(), changes,
          [&](const Batch& batch) {
            ++batches;
            const auto applied = held.apply(batch);
            EXPECT_TRUE(applied) << applied.error().message;
            return applied.has_value();
          },
          1);
      EXPECT_GT(batches, 3U);
      ASSERT_TRUE(held.equals(wanted));
    }
  }
}

}  // namespace
}  // namespace selvedge::nft
