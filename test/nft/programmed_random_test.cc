// The copy of the kernel's table through tables at random.
#include <gtest/gtest.h>

#include "nft/programmed.h"
#include "test/support/fake_backend.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

class ProgrammedRandomTable : public testing::Test {
 protected:
  void expect_adopted() {
    const auto adopted = programmed_.adopt();
    ASSERT_TRUE(adopted) << adopted.error().message;
  }

  void expect_reconciles(const Table& desired) {
    const auto written = programmed_.reconcile(desired);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(kernel_.table("selvedge"), desired);
    EXPECT_EQ(programmed_.table(), desired);
  }

  test::FakeBackend kernel_;
  Programmed programmed_{kernel_, "selvedge"};
};

TEST_F(ProgrammedRandomTable, FollowsAnySequenceOfTables) {
  for (const auto seed : test::seeds(10)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    expect_adopted();
    for (int step = 0; step < 8; ++step) expect_reconciles(test::random_table(random));
  }
}

// Tables that do not share their shapes: each name is what it is not in the other.
TEST_F(ProgrammedRandomTable, FollowsTablesWhoseNamesMeanSomethingElse) {
  for (const auto seed : test::seeds(30)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    auto table = test::random_table(random);
    kernel_.put(table);
    expect_adopted();
    for (auto& [name, set] : table.sets) set.comment = set.comment.empty() ? "changed" : "";
    for (auto& [name, map] : table.maps) map.comment = map.comment.empty() ? "changed" : "";
    for (auto& [name, chain] : table.chains) {
      if (chain.base) chain.base->priority += 1;
    }
    expect_reconciles(table);
    const auto commits = kernel_.commits();
    expect_reconciles(table);
    EXPECT_EQ(kernel_.commits(), commits);
  }
}

}  // namespace
}  // namespace selvedge::nft
