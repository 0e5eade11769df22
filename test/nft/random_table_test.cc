// The tables at random are worth something only if everything comes up in them.
#include "test/support/random_table.h"

#include <set>

#include <gtest/gtest.h>

#include "nft/changes.h"

namespace selvedge::test {
namespace {

using namespace nft;  // NOLINT: what a table is made of

struct Seen {
  std::set<std::size_t> matches, verdicts, map_verdicts;
  std::set<Family> families;
  bool whole_v4 = false, whole_v6 = false, top = false, comment = false, counter = false;
  std::size_t largest_set = 0;
};

void look(Seen& seen, const Set& set) {
  seen.largest_set = std::max(seen.largest_set, set.elements.size());
  if (!set.interval) return;
  const auto all = [](const char* prefix) {
    const auto [first, last] = interval_of(parse_prefix(prefix).value());
    return Element{key_of(first), key_of(last)};
  };
  for (const auto& element : set.elements) {
    seen.whole_v4 = seen.whole_v4 || element == all("0.0.0.0/0");
    seen.whole_v6 = seen.whole_v6 || element == all("::/0");
    seen.top = seen.top || (element.first != all("0.0.0.0/0").first && element.last == all("0.0.0.0/0").last);
  }
}

void look(Seen& seen, const Rule& rule) {
  for (const auto& match : rule.matches) {
    seen.matches.insert(match.index());
    if (const auto* family = std::get_if<MatchFamily>(&match)) seen.families.insert(family->family);
  }
  seen.verdicts.insert(rule.verdict.index());
  seen.comment = seen.comment || !rule.comment.empty();
  seen.counter = seen.counter || !rule.counter.empty();
}

TEST(RandomTable, HasEveryAlternative_AndEveryEdge) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    const auto table = random_table(random);
    for (const auto& [name, set] : table.sets) look(seen, set);
    for (const auto& [name, map] : table.maps) {
      for (const auto& [key, verdict] : map.elements) seen.map_verdicts.insert(verdict.index());
    }
    for (const auto& [name, chain] : table.chains) {
      for (const auto& rule : chain.rules) look(seen, rule);
    }
  }
  EXPECT_EQ(seen.matches.size(), std::variant_size_v<Match> - 1);         // all but MatchEtherType: bridge tables'
  EXPECT_EQ(seen.verdicts.size(), std::variant_size_v<Verdict> - 1);      // all but DispatchInterface
  EXPECT_EQ(seen.map_verdicts.size(), std::variant_size_v<Verdict> - 3);  // nor Dispatch, nor Log
  EXPECT_EQ(seen.families.size(), 2U);
  EXPECT_TRUE(seen.whole_v4 && seen.whole_v6 && seen.top && seen.comment && seen.counter);
  EXPECT_GT(seen.largest_set, 200U);
}

TEST(RandomTable, IsTheSameForTheSameSeed) {
  Random a(7);
  Random b(7);
  EXPECT_EQ(random_table(a), random_table(b));
}

TEST(RandomTable, GivesANameTheSameShapeInEveryTable) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    const auto a = random_table(random);
    const auto b = random_table(random);
    for (const auto& [name, set] : a.sets) EXPECT_TRUE(!b.sets.contains(name) || same_shape(set, b.sets.at(name)));
    for (const auto& [name, map] : a.maps) EXPECT_TRUE(!b.maps.contains(name) || same_shape(map, b.maps.at(name)));
    for (const auto& [name, chain] : a.chains) {
      EXPECT_TRUE(!b.chains.contains(name) || same_shape(chain, b.chains.at(name)));
    }
  }
}

}  // namespace
}  // namespace selvedge::test
