#include "controller/flat_set.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace selvedge {
namespace {

struct Number {
  std::uint32_t value = 0;
  explicit operator bool() const { return value != 0; }
  bool operator==(const Number&) const = default;
};
// Few hashes, so that entries get into each other's way; and those at the end of the slots, where they wrap around.
struct FewHashes {
  std::uint32_t operator()(const Number& number) const { return 0xffffffffU - number.value % 7 * 0x04000000U; }
};
using Numbers = FlatSet<Number, FewHashes>;

Number* find(const Numbers& numbers, std::uint32_t value) {
  return numbers.find(FewHashes()({value}), [&](const Number& number) { return number.value == value; });
}

std::vector<std::uint32_t> all_of(const Numbers& numbers) {
  std::vector<std::uint32_t> all;
  for (const Number& number : numbers) all.push_back(number.value);
  std::ranges::sort(all);
  return all;
}

TEST(FlatSet, Empty_HoldsAndFindsNothing) {
  const Numbers numbers;
  EXPECT_TRUE(numbers.empty());
  EXPECT_EQ(find(numbers, 1), nullptr);
  EXPECT_TRUE(all_of(numbers).empty());
}

// Grows, shrinks and grows again, beside a set that is known to be right.
TEST(FlatSet, HoldsWhatWasInsertedAndNotTakenOut_WhateverTheOrder) {
  std::mt19937 random(1);
  Numbers numbers;
  std::set<std::uint32_t> model;
  for (int step = 0; step < 6'000; ++step) {
    const auto value = static_cast<std::uint32_t>(random() % 300 + 1);
    const bool grows = step / 1'000 % 2 == 0;
    if (Number* found = find(numbers, value)) {
      EXPECT_TRUE(model.contains(value));
      if (grows && random() % 4 != 0) continue;
      EXPECT_EQ(numbers.take(found).value, value);
      model.erase(value);
    } else {
      EXPECT_FALSE(model.contains(value));
      if (!grows && random() % 4 != 0) continue;
      numbers.insert({value});
      model.insert(value);
    }
    ASSERT_EQ(numbers.size(), model.size());
    if (step % 50 == 0) {
      ASSERT_EQ(all_of(numbers), std::vector<std::uint32_t>(model.begin(), model.end()));
    }
  }
}

TEST(FlatSet, OwnsWhatItHolds_AndGivesItAway) {
  struct Hash {
    std::uint32_t operator()(const std::unique_ptr<int>& number) const { return static_cast<std::uint32_t>(*number); }
  };
  FlatSet<std::unique_ptr<int>, Hash> numbers;
  for (int i = 0; i < 100; ++i) numbers.insert(std::make_unique<int>(i));
  auto* found = numbers.find(7, [](const auto& number) { return *number == 7; });
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(*numbers.take(found), 7);
  EXPECT_EQ(numbers.size(), 99U);
}

TEST(FlatSet, Pointers_AreFoundByThemselves) {
  std::vector<int> values(1'000);
  FlatSet<const int*> pointers;
  for (const int& value : values) pointers.insert(&value);
  for (std::size_t i = 0; i < values.size(); i += 2) pointers.erase(&values[i]);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(pointers.contains(&values[i]), i % 2 == 1);
}

}  // namespace
}  // namespace selvedge
