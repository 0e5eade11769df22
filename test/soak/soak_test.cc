// The soak in short (`./dev soak` is the long form), and that it would find what leaks.
#include <thread>

#include <gtest/gtest.h>

#include "test/kernel/namespace.h"
#include "test/soak/bad_writer.h"
#include "test/soak/report.h"
#include "test/soak/trial.h"

namespace selvedge::soak {
namespace {

class Soak : public test::KernelTest {
 protected:
  // With one processor no packet is in flight while a transaction takes effect.
  void SetUp() override {
    KernelTest::SetUp();
    if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two processors";
  }

  static TrialResult trial(bool own_table) {
    TrialOptions options;
    options.program = SELVEDGE_SOAK;
    options.transactions = 400;
    options.kills = 6;
    options.wipes = 2;
    options.rate = 60000;
    options.own_table = own_table;
    options.heartbeat = std::chrono::milliseconds(100);
    options.control = std::chrono::milliseconds(200);
    TrialResult result;
    test::in_fresh_namespace([&] { result = run_trial(options); });
    return result;
  }

  static void expect_clean(const TrialResult& result) {
    EXPECT_GE(result.commits, 400U);
    EXPECT_EQ(result.wipes.size(), 2U);
    for (const FlowCount& one : result.flows) {
      EXPECT_EQ(one.leaked(), 0U) << one.flow.name;
      EXPECT_EQ(one.lost(), 0U) << one.flow.name;
    }
    EXPECT_TRUE(result.right_at_the_end);
    for (const FlowCount& one : result.control) {
      EXPECT_GT(one.before, 0U) << one.flow.name;
      EXPECT_EQ(one.leaked() + one.lost(), 0U) << one.flow.name << ", with nothing but traffic going on";
    }
    if (testing::Test::HasFailure()) ADD_FAILURE() << to_text(result);
  }

  static FaultResult faulty(Fault fault) {
    FaultResult result;
    test::in_fresh_namespace([&] { result = run_fault(fault, 100000, 1, 20000); });
    return result;
  }
};

TEST_F(Soak, OfAnOwnedTable_LeaksNothing_AndLosesNothing_WhileWritersAreKilled_AndTheTableIsWiped) {
  expect_clean(trial(true));
}

TEST_F(Soak, OfAPlainTable_LeaksNothing_AndLosesNothing_WhileWritersAreKilled_AndTheTableIsWiped) {
  expect_clean(trial(false));
}

TEST_F(Soak, FindsWhatLeaks_WhenAnElementIsPointedToAChainOfItsOwnBatch) {
  const auto result = faulty(Fault::repoints_to_a_chain_of_the_batch);
  EXPECT_GT(result.leaked, 0U) << to_text(Fault::repoints_to_a_chain_of_the_batch, result);
}

TEST_F(Soak, FindsWhatLeaks_WhenTheTableIsMadeAnew) {
  const auto result = faulty(Fault::makes_the_table_anew);
  EXPECT_GT(result.leaked, 0U) << to_text(Fault::makes_the_table_anew, result);
}

}  // namespace
}  // namespace selvedge::soak
