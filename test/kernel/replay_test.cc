// What is recorded is what the kernel was sent: a replay leaves the same table.
#include "test/support/replay.h"

#include <gtest/gtest.h>

#include "nft/programmed.h"
#include "test/kernel/sample_rules.h"
#include "test/support/fake_backend.h"

namespace selvedge::nft {
namespace {

class ReplayedBatches : public test::KernelTest {};

Table sample() {
  Table table = test::table_with({});
  table.sets["many"] = {.type = address_type(Family::v4), .interval = false, .comment = {}, .elements = {}};
  for (std::uint8_t i = 0; i < 200; ++i)
    table.sets["many"].elements.push_back(test::one(key_of(Address{.family = Family::v4, .bytes = {10, 244, 1, i}})));
  return table;
}

TEST_F(ReplayedBatches, LeaveTheTableThatWasRecorded) {
  test::FakeBackend memory;
  test::RecordingBackend recorder(memory);
  Programmed programmed(recorder, "selvedge");
  ASSERT_TRUE(programmed.adopt());
  ASSERT_TRUE(programmed.reconcile(sample()));
  Table later = sample();
  later.sets["many"].elements.pop_back();
  ASSERT_TRUE(programmed.reconcile(later));
  ASSERT_GE(recorder.batches().size(), 2U);
  test::in_fresh_namespace([&] {
    auto replay = test::Replay::open(recorder.batches());
    ASSERT_TRUE(replay) << replay.error();
    for (const auto& batch : recorder.batches()) {
      const auto time = replay->send(batch);
      ASSERT_TRUE(time) << time.error();
    }
    auto backend = test::open_backend();
    EXPECT_TRUE(test::dump_of(backend).table == later);
  });
}

TEST_F(ReplayedBatches, ThatTheKernelRefuses_AreErrors) {
  test::FakeBackend memory;
  test::RecordingBackend recorder(memory);
  ASSERT_TRUE(recorder.commit("selvedge", {AddTable{}, AddChain{"one", {}}}));
  ASSERT_TRUE(recorder.commit("selvedge", {AddTable{}, DeleteChain{"one"}}));
  test::in_fresh_namespace([&] {
    auto replay = test::Replay::open(recorder.batches());
    ASSERT_TRUE(replay) << replay.error();
    EXPECT_FALSE(replay->send(recorder.batches()[1]));
    EXPECT_TRUE(replay->send(recorder.batches()[0]));
  });
}

}  // namespace
}  // namespace selvedge::nft
