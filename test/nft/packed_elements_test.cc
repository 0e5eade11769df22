// A set's packed elements against a plain sorted vector of them.
#include "nft/packed_elements.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

Key key(std::uint32_t number, Family family = Family::v4) {
  Address address{.family = family, .bytes = {}};
  const std::size_t at = width(family) - 4;
  for (std::size_t i = 0; i < 4; ++i) address.bytes[at + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return key_of(address);
}
Element element(std::uint32_t first, std::uint32_t last) {
  return {key(first), key(last)};
}
Element element(std::uint32_t only) {
  return element(only, only);
}

const KeyType v4 = address_type(Family::v4);

TEST(PackedElements, AreListedSorted_WhateverTheOrderTheyCameIn) {
  PackedElements packed(v4, false);
  ASSERT_TRUE(packed.add({element(7), element(3), element(5)}));
  ASSERT_TRUE(packed.add({element(4), element(9)}));
  EXPECT_EQ(packed.list(), (std::vector{element(3), element(4), element(5), element(7), element(9)}));
  EXPECT_EQ(packed.size(), 5U);
}

TEST(PackedElements, TellsWhichOfThoseAddedAreNew) {
  PackedElements packed(v4, false);
  ASSERT_TRUE(packed.add({element(1), element(2)}));
  EXPECT_EQ(packed.add({element(3), element(2), element(3)}).value(), std::vector{element(3)});
}

TEST(PackedElements, RefuseAnOverlap_OnEitherSide_InsideAndAround_AndStayAsTheyWere) {
  PackedElements packed(v4, true);
  const std::vector held{element(10, 19), element(30, 39)};
  ASSERT_TRUE(packed.add(held));
  for (const Element& bad : {element(19, 20), element(9, 10), element(12, 13), element(5, 50), element(10, 18)}) {
    const auto added = packed.add({element(100), bad});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error(), bad);
    EXPECT_TRUE(packed.equals(held));
  }
  EXPECT_EQ(packed.add({element(50, 60), element(60, 70)}).error(), element(60, 70));
  EXPECT_TRUE(packed.equals(held));
}

TEST(PackedElements, RefuseToLoseWhatTheyDoNotHold_AndStayAsTheyWere) {
  PackedElements packed(v4, true);
  const std::vector held{element(10, 19), element(30, 39)};
  ASSERT_TRUE(packed.add(held));
  EXPECT_EQ(packed.remove({element(10, 19), element(30, 38)}).error(), element(30, 38));
  EXPECT_EQ(packed.remove({element(10, 19), element(10, 19)}).error(), element(10, 19));
  EXPECT_TRUE(packed.equals(held));
}

TEST(PackedElements, DifferFromWhatHasAnotherElement_OrAnotherEnd) {
  PackedElements packed(v4, true);
  ASSERT_TRUE(packed.add({element(10, 19)}));
  EXPECT_TRUE(packed.equals(std::vector{element(10, 19)}));
  EXPECT_FALSE(packed.equals(std::vector{element(10, 18)}));
  EXPECT_FALSE(packed.equals(std::vector{element(11, 19)}));
  EXPECT_FALSE(packed.equals(std::vector<Element>{}));
}

TEST(PackedElements, OverlapAcrossTheBordersOfTheirChunks) {
  PackedElements packed(v4, true);
  std::vector<Element> many;
  for (std::uint32_t i = 0; i < 5'000; ++i) many.push_back(element(10 * i, 10 * i + 5));
  ASSERT_TRUE(packed.add(many));
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    EXPECT_FALSE(packed.add({element(10 * i + 5, 10 * i + 7)})) << i;
    EXPECT_FALSE(packed.add({element(10 * i + 7, 10 * i + 12)}) && i + 1 < 5'000) << i;
  }
  EXPECT_EQ(packed.size(), 5'001U);  // what began in the last gap
}

// Both as long as they go on: thousands of elements in and out, forward, backward and at random.
TEST(PackedElements, AreTheSameAsAPlainRun_ThroughAnySequence) {
  for (const auto seed : test::seeds(20)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const Family family = seed % 2 == 0 ? Family::v4 : Family::v6;
    PackedElements packed(address_type(family), false);
    std::vector<Element> plain;
    for (int step = 0; step < 60; ++step) {
      const bool grow = random() % 5 < 3;
      std::vector<Element> some;
      const std::size_t count = random() % (step % 10 == 0 ? 3'000 : 20);
      for (std::size_t i = 0; i < count && grow; ++i) {
        const Key one = key(static_cast<std::uint32_t>(random() % 20'000), family);
        some.push_back({one, one});
      }
      if (!grow) {
        std::sample(plain.begin(), plain.end(), std::back_inserter(some), count, random);
        std::shuffle(some.begin(), some.end(), random);
      }
      std::vector<Element> next;
      std::vector<Element> sorted = some;
      std::sort(sorted.begin(), sorted.end());
      if (grow) {
        ASSERT_TRUE(packed.add(some));
        std::set_union(plain.begin(), plain.end(), sorted.begin(), sorted.end(), std::back_inserter(next));
        next.erase(std::unique(next.begin(), next.end()), next.end());
      } else {
        ASSERT_TRUE(packed.remove(some));
        std::set_difference(plain.begin(), plain.end(), sorted.begin(), sorted.end(), std::back_inserter(next));
      }
      plain = std::move(next);
      ASSERT_EQ(packed.size(), plain.size());
      ASSERT_TRUE(packed.equals(plain));
      ASSERT_EQ(packed.list(), plain);
    }
  }
}

}  // namespace
}  // namespace selvedge::nft
