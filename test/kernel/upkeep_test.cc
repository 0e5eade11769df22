// Whether the kernel still holds what was written: told at little cost, whoever changed it and however.
#include <gtest/gtest.h>

#include "nft/programmed.h"
#include "test/kernel/sample_rules.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

using Depth = Programmed::Depth;
using test::in_fresh_namespace;

class Upkeep : public test::KernelTest {
 protected:
  static void expect_written(Programmed& programmed, const Table& desired) {
    const auto read = programmed.adopt();
    ASSERT_TRUE(read) << read.error().message;
    const auto written = programmed.reconcile(desired);
    ASSERT_TRUE(written) << written.error().message;
  }

  static void expect_check(Programmed& programmed, Depth depth, bool expected) {
    const auto equal = programmed.check(depth);
    ASSERT_TRUE(equal) << equal.error().message;
    EXPECT_EQ(*equal, expected) << (depth == Depth::counts ? "counts" : "content");
  }
  static void expect_check(Programmed& programmed, bool expected) {
    expect_check(programmed, Depth::counts, expected);
    expect_check(programmed, Depth::content, expected);
  }
};

Table sample() {
  Table table = test::table_with({Rule{{MatchPort{6, {{80, 80}, {90, 99}}}}, "", Accept{}, "ours"},
                                  Rule{{MatchAddressSet{Side::source, Family::v4, "peers-v4"}}, "", Accept{}, ""},
                                  Rule{{}, "deny-a", Drop{}, ""}});
  table.chains["egress"].rules = {Rule{{}, "", Dispatch{Side::source, Family::v4, "egress-v4"}, ""}};
  return table;
}

TEST_F(Upkeep, WhatWasWritten_IsHeld_WhateverItIs) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    expect_written(programmed, sample());
    expect_check(programmed, true);
    for (const auto seed : test::seeds(12)) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      test::Random random(seed);
      expect_written(programmed, test::random_table(random));
      expect_check(programmed, true);
      const auto changed = programmed.reconcile(test::random_table(random));
      ASSERT_TRUE(changed) << changed.error().message;
      expect_check(programmed, true);
    }
  });
}

TEST_F(Upkeep, WhatSomeoneEditsInside_IsNoticed_AndRepairedInPlace) {
  const char* const edits[] = {
      "add element inet selvedge peers-v4 '{ 10.9.9.9 }'",
      "delete element inet selvedge peers-v4 '{ 10.244.1.7 }'",
      "add element inet selvedge block-v4 '{ 198.51.100.0/24 }'",
      "delete element inet selvedge block-v4 '{ 203.0.113.5 }'",
      "flush set inet selvedge named-v4",
      "add element inet selvedge egress-v4 '{ 10.9.9.9 : drop }'",
      "delete element inet selvedge egress-v4 '{ 10.244.1.7 }'",
      "add rule inet selvedge rules accept",
      "insert rule inet selvedge policy-a/b accept",
      "flush chain inet selvedge rules",
      "flush chain inet selvedge egress",
      "flush table inet selvedge",
      "add chain inet selvedge theirs",
      "delete chain inet selvedge to-node",
      "add set inet selvedge theirs '{ type ipv4_addr; }'",
      "delete set inet selvedge top-v4",
      "add table inet selvedge '{ flags dormant; }'",
      "delete table inet selvedge",
      "flush ruleset",
  };
  for (const std::string edit : edits) {
    SCOPED_TRACE(edit);
    in_fresh_namespace([&edit] {
      auto backend = test::open_backend();
      Programmed programmed(backend, "selvedge");
      expect_written(programmed, sample());
      test::nft(edit);
      expect_check(programmed, false);
      expect_written(programmed, sample());
      expect_check(programmed, true);
      EXPECT_TRUE(test::dump_of(backend).table == sample());
      EXPECT_TRUE(test::dump_of(backend).opaque.empty());
    });
  }
}

TEST_F(Upkeep, WhatIsReplacedByAsMuchElse_IsNoticedByItsContentAlone) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    expect_written(programmed, sample());
    test::nft_load(
        "delete element inet selvedge peers-v4 { 10.244.1.7 }\nadd element inet selvedge peers-v4 { 10.9.9.9 }\n");
    expect_check(programmed, Depth::counts, true);
    expect_check(programmed, Depth::content, false);
  });
}

TEST_F(Upkeep, WhatIsWrittenToOtherTables_ChangesNothing) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    expect_written(programmed, sample());
    test::nft("add table inet theirs");
    test::nft("add chain inet theirs one");
    test::nft("add table ip selvedge");
    test::nft("add set inet theirs peers-v4 '{ type ipv4_addr; }'");
    expect_check(programmed, true);
  });
}

TEST_F(Upkeep, AGlance_TellsOthersCommitsFromOurs) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    const auto others = [&backend] {
      const auto glance = backend.glance("selvedge");
      EXPECT_TRUE(glance) << glance.error().message;
      return glance->generation - glance->own;
    };
    const auto before = others();
    expect_written(programmed, sample());
    Table next = sample();
    for (int i = 0; i < 5; ++i) {
      next.chains["rules"].rules.push_back(Rule{{}, "", Accept{}, std::to_string(i)});
      expect_written(programmed, next);
    }
    EXPECT_FALSE(backend.commit("selvedge", {AddTable{}, DeleteChain{"none"}}));  // moves nothing
    EXPECT_EQ(others(), before);
    test::nft("add table inet theirs");
    EXPECT_EQ(others(), before + 1);
    test::nft("add element inet selvedge peers-v4 '{ 10.9.9.9 }'");
    EXPECT_EQ(others(), before + 2);
  });
}

TEST_F(Upkeep, AGlance_TellsWhetherTheTableIsHeldByUsAlone) {
  in_fresh_namespace([] {
    auto owner = test::open_backend(true);
    Programmed programmed(owner, "selvedge");
    expect_written(programmed, sample());
    EXPECT_TRUE(owner.glance("selvedge")->held);
    auto other = test::open_backend(true);
    EXPECT_FALSE(other.glance("selvedge")->held);
  });
  in_fresh_namespace([] {
    auto plain = test::open_backend(false);
    Programmed programmed(plain, "selvedge");
    expect_written(programmed, sample());
    EXPECT_FALSE(plain.glance("selvedge")->held);
  });
}

TEST_F(Upkeep, ASuccessor_WritesNothing_WhereAllIsAsItShouldBe) {  // semantics 107
  for (const bool own : {false, true}) {
    in_fresh_namespace([own] {
      test::Random random(7);
      const Table table = test::random_table(random);
      {
        auto first = test::open_backend(own);
        Programmed programmed(first, "selvedge");
        expect_written(programmed, table);
      }
      auto second = test::open_backend(own);
      const auto before = second.glance("selvedge");
      Programmed programmed(second, "selvedge");
      expect_written(programmed, table);
      EXPECT_EQ(second.glance("selvedge")->generation, before->generation);
    });
  }
}

}  // namespace
}  // namespace selvedge::nft
