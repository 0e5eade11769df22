// What lasts from batch to batch is what a fresh look would find: after any batches, refused ones among them.
#include "nft/held_table.h"

#include <algorithm>
#include <cerrno>

#include <gtest/gtest.h>

#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

Rule to(Verdict verdict) {
  return {{}, "", std::move(verdict), ""};
}
std::string chain(std::size_t number) {
  return "chain-" + std::to_string(number);
}

// A batch that someone who had lost the thread might send: operations left out, doubled, or out of order.
Batch muddled(Batch batch, test::Random& random) {
  for (std::size_t i = 0; i < 1 + random() % 3; ++i) {
    const std::size_t at = random() % batch.size();
    const std::size_t other = random() % batch.size();
    switch (random() % 4) {
      case 0:
        std::swap(batch[at], batch[other]);
        break;
      case 1:
        batch.insert(batch.begin() + static_cast<std::ptrdiff_t>(at), Op(batch[other]));
        break;
      case 2:
        batch[at] = AddTable{};
        break;
      default:
        batch.insert(batch.begin() + static_cast<std::ptrdiff_t>(at), DeleteTable{});
        break;
    }
  }
  return batch;
}

class HeldTableAfterBatches : public testing::Test {
 protected:
  // Yields whether the batch was taken. A table that is made for the occasion says the same.
  bool apply_to_both(HeldTable& held, const Batch& batch) {
    Table fresh = held.table();
    const auto expected = nft::apply(fresh, batch);
    const auto applied = held.apply(batch);
    EXPECT_EQ(applied.has_value(), expected.has_value());
    if (!applied && !expected) {
      EXPECT_EQ(applied.error(), expected.error());
    }
    EXPECT_TRUE(held.equals(fresh));
    EXPECT_EQ(held.table(), fresh);
    EXPECT_TRUE(held.uses() == UseCounts(fresh));
    return applied.has_value();
  }
};

TEST_F(HeldTableAfterBatches, CountsUsesAsAFreshLookDoes_RefusalsInBetween) {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const auto seed : test::seeds(40)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    HeldTable held("selvedge");
    for (int step = 0; step < 6; ++step) {
      const Table next = test::random_table(random);
      for (const Batch& batch : plan(held.outline(), held.changes_to(next))) {
        (apply_to_both(held, muddled(batch, random)) ? taken : refused) += 1;
        if (HasFailure()) return;
      }
      for (const Batch& batch : plan(held.outline(), held.changes_to(next))) ASSERT_TRUE(apply_to_both(held, batch));
      EXPECT_EQ(held.table(), next);
      EXPECT_TRUE(held.changes_to(next).empty());
    }
  }
  EXPECT_GT(taken, 50U);
  EXPECT_GT(refused, 50U);
}

TEST_F(HeldTableAfterBatches, KeepsNoTraceOfWhatIsGone) {
  HeldTable held("selvedge");
  const UseCounts none;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(held.apply({AddChain{"a", {}}, AddChain{"b", {}}, AddCounter{"c"}, AddRule{"a", to(Jump{"b"})},
                            AddRule{"b", {{}, "c", Drop{}, ""}}}));
    EXPECT_FALSE(held.uses() == none);
    ASSERT_TRUE(held.apply({FlushChain{"a"}, FlushChain{"b"}, DeleteChain{"a"}, DeleteChain{"b"}, DeleteCounter{"c"}}));
    EXPECT_TRUE(held.uses() == none);
  }
}

// ---- jumps: chains in any order of jumps, with and without a base chain above them

Batch twenty_chains(std::size_t path = 0) {
  Batch batch{AddTable{}, AddChain{"base", Base{Hook::forward, 0}}, AddMap{"map", address_type(Family::v4), ""}};
  for (std::size_t i = 0; i < 20; ++i) batch.push_back(AddChain{chain(i), {}});
  for (std::size_t i = 0; i < path; ++i) batch.push_back(AddRule{chain(i), to(Jump{chain(i + 1)})});
  return batch;
}

Op random_jump(test::Random& random) {
  const std::size_t from = random() % 20;
  const std::size_t into = random() % 20;
  switch (random() % 24) {
    case 0:
      return AddRule{"base", to(Jump{chain(into)})};
    case 1:
      return AddRule{"base", to(Dispatch{Side::source, Family::v4, "map"})};
    case 2:
      return AddRule{chain(from), to(Dispatch{Side::source, Family::v4, "map"})};
    case 3: {
      const auto number = static_cast<std::uint8_t>(random());
      return AddMapElements{"map", {{key_of(Address{Family::v4, {10, 0, 0, number}}), Goto{chain(into)}}}};
    }
    case 4:
      return FlushChain{chain(from)};
    case 5:
      return AddRule{chain(from), to(Jump{chain(into)})};
    default:  // mostly onward: so paths grow long
      return AddRule{chain(from % 19), to(Goto{chain(from % 19 + 1)})};
  }
}

bool is_sound(const Table& table) {
  return std::ranges::none_of(jump_faults(table), [](const JumpFault& fault) { return fault.live; });
}

TEST_F(HeldTableAfterBatches, TellsCirclesAndDepthAsAFreshLookDoes) {
  std::size_t circles = 0;
  std::size_t depths = 0;
  std::size_t taken = 0;
  for (const auto seed : test::seeds(60)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    HeldTable held("selvedge");
    ASSERT_TRUE(held.apply(twenty_chains(seed % 2 == 0 ? 0 : 12)));
    for (int step = 0; step < 60; ++step) {
      Batch batch;
      for (std::size_t i = 0; i <= random() % 3; ++i) batch.push_back(random_jump(random));
      Table fresh = held.table();
      const auto expected = nft::apply(fresh, batch);
      const auto applied = held.apply(batch);
      ASSERT_EQ(applied.has_value(), expected.has_value());
      ASSERT_TRUE(held.equals(fresh));
      if (applied) {
        ASSERT_TRUE(is_sound(fresh));
        ++taken;
        continue;
      }
      ASSERT_EQ(applied.error(), expected.error());
      if (applied.error().code != EMLINK) continue;
      (applied.error().message.find("circle") != std::string::npos ? circles : depths) += 1;
    }
  }
  EXPECT_GT(circles, 100U);
  EXPECT_GT(depths, 10U);
  EXPECT_GT(taken, 500U);
}

// What goes and comes back within a refused batch is as deep as it was.
TEST_F(HeldTableAfterBatches, RemembersDepth_AcrossARefusedRemoval) {
  HeldTable held("selvedge");
  ASSERT_TRUE(held.apply(twenty_chains()));
  Batch path{AddRule{"base", to(Jump{chain(0)})}};
  for (std::size_t i = 0; i < 14; ++i) path.push_back(AddRule{chain(i), to(Jump{chain(i + 1)})});
  ASSERT_TRUE(held.apply(path));  // base + 15 chains: as deep as it goes
  EXPECT_FALSE(held.apply({FlushChain{chain(13)}, DeleteChain{chain(14)}, DeleteChain{"none"}}));
  EXPECT_FALSE(held.apply({AddRule{chain(14), to(Jump{chain(15)})}}));
  ASSERT_TRUE(held.apply({FlushChain{chain(13)}, DeleteChain{chain(14)}, AddChain{chain(14), {}}}));
  EXPECT_TRUE(held.apply({AddRule{chain(14), to(Jump{chain(15)})}}));
  EXPECT_FALSE(held.apply({AddRule{chain(13), to(Jump{chain(14)})}}));
}

}  // namespace
}  // namespace selvedge::nft
