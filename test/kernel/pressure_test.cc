// The kernel under pressure: neighbours that write without pause, more complaints than a socket holds, tables
// larger than a batch.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nft/programmed.h"
#include "test/kernel/tables.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

using test::in_fresh_namespace;

class Pressure : public test::KernelTest {};

Element pod(std::uint32_t number) {
  const auto byte = [&](int shift) { return static_cast<std::uint8_t>(number >> shift); };
  return test::one(key_of(Address{Family::v4, {10, byte(16), byte(8), byte(0)}}));
}

Table with_pods(std::uint32_t from, std::uint32_t to) {
  Table table;
  table.name = "selvedge";
  Set& peers = table.sets["peers-v4"];
  peers.type = address_type(Family::v4);
  for (std::uint32_t i = from; i < to; ++i) peers.elements.push_back(pod(i));
  table.chains["policy"].rules = {Rule{{MatchAddressSet{Side::source, Family::v4, "peers-v4"}}, "", Accept{}, ""}};
  table.chains["forward"] = {Base{Hook::forward, -5}, {Rule{{}, "", Jump{"policy"}, ""}}};
  return table;
}

void expect_written(Programmed& programmed, const Table& desired) {
  const auto read = programmed.adopt();
  ASSERT_TRUE(read) << read.error().message;
  const auto written = programmed.reconcile(desired);
  ASSERT_TRUE(written) << written.error().message;
}

void expect_held(Programmed& programmed) {
  for (const auto depth : {Programmed::Depth::counts, Programmed::Depth::content}) {
    const auto equal = programmed.check(depth);
    ASSERT_TRUE(equal) << equal.error().message;
    EXPECT_TRUE(*equal);
  }
}

// Writes to another table hundreds of times a second, as long as it lives: chains come and go, which a dump of ours
// counts, too.
class Neighbour {
 public:
  Neighbour() : thread_([this] { write(); }) {
    while (commits_ < 10 && !failed_) std::this_thread::yield();
  }
  ~Neighbour() {
    stop_ = true;
    thread_.join();
    EXPECT_FALSE(failed_);
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;
  std::size_t commits() const { return commits_; }

 private:
  void write() {
    auto backend = test::open_backend();
    Batch come{AddTable{}};
    Batch go{AddTable{}};
    for (int i = 0; i < 20; ++i) {
      come.push_back(AddChain{"chain-" + std::to_string(i), {}});
      go.push_back(DeleteChain{"chain-" + std::to_string(i)});
    }
    while (!stop_ && !failed_) {
      if (!backend.commit("theirs", come) || !backend.commit("theirs", go)) failed_ = true;
      commits_ += 2;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<bool> failed_ = false;
  std::atomic<std::size_t> commits_ = 0;
  std::thread thread_;
};

TEST_F(Pressure, OfANeighbourThatWritesAllTheTime_HindersNeitherReadingNorWriting) {
  in_fresh_namespace([] {
    const Neighbour neighbour;
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    for (const auto seed : test::seeds(15)) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      test::Random random(seed);
      const Table table = test::random_table(random);
      expect_written(programmed, table);
      EXPECT_TRUE(test::dump_of(backend).table == table);
      expect_held(programmed);
    }
    expect_written(programmed, with_pods(0, 30'000));
    EXPECT_TRUE(test::dump_of(backend).table == with_pods(0, 30'000));
    EXPECT_GT(neighbour.commits(), 100U);
  });
}

TEST_F(Pressure, OfANeighbour_IsToldFromOurOwnCommits) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    const auto before = backend.glance("selvedge");
    std::size_t theirs = 0;
    {
      const Neighbour neighbour;
      Programmed programmed(backend, "selvedge");
      expect_written(programmed, with_pods(0, 1'000));
      expect_written(programmed, with_pods(0, 2'000));
      while (neighbour.commits() < 50) std::this_thread::yield();
      theirs = neighbour.commits();
    }
    const auto after = backend.glance("selvedge");
    EXPECT_GT(after->own, before->own);
    EXPECT_GE(after->generation - after->own, before->generation - before->own + theirs);
    EXPECT_EQ(*backend.glance("selvedge"), *after);
  });
}

// One message of the kernel for each bad operation, and its socket buffer has an end.
TEST_F(Pressure, OfMoreComplaintsThanTheSocketHolds_IsARefusalStill_ThatNamesTheFirst) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    ASSERT_TRUE(backend.commit("selvedge", {AddTable{}}));
    Batch batch{AddTable{}};
    for (int i = 0; i < 100'000; ++i) batch.push_back(DeleteChain{"none-" + std::to_string(i)});
    const auto done = backend.commit("selvedge", batch);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Error::Kind::refused) << done.error().message;
    EXPECT_EQ(done.error().code, ENOENT);
    EXPECT_EQ(done.error().op, 1U);
    EXPECT_THAT(done.error().message, testing::HasSubstr("none-0"));
    ASSERT_TRUE(backend.commit("selvedge", {AddTable{}, AddChain{"after", {}}}));  // the socket is as good as new
    EXPECT_EQ(test::dump_of(backend).table.chains.size(), 1U);
  });
}

TEST_F(Pressure, OfASetOfTwoHundredThousand_IsWrittenInSeveralBatches_AndReadBackWhole) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    const Table table = with_pods(0, 200'000);
    expect_written(programmed, table);
    EXPECT_GE(backend.glance("selvedge")->own, 5U);
    EXPECT_TRUE(test::dump_of(backend).table == table);
    expect_held(programmed);
  });
}

// What packets pass is not cut: half of a hundred thousand elements change places at once.
TEST_F(Pressure, OfAHundredThousandElementsThatChangePlaces_IsOneBatch) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    expect_written(programmed, with_pods(0, 50'000));
    const auto before = backend.glance("selvedge");
    const auto moved = programmed.write(diff(with_pods(0, 50'000), with_pods(50'000, 100'000)));
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ(backend.glance("selvedge")->own, before->own + 1);
    expect_held(programmed);
  });
}

// One rule for each peer: five hundred with a set of their own, the rest with an address.
TEST_F(Pressure, OfAPolicyWithTenThousandPeers_IsWrittenAndTakenAway) {
  in_fresh_namespace([] {
    auto backend = test::open_backend();
    Programmed programmed(backend, "selvedge");
    Table table = with_pods(0, 10);
    auto& rules = table.chains["policy"].rules;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      const std::string comment = "shop/api ingress[0] from[" + std::to_string(i) + "]";
      const auto byte = [&](int shift) { return static_cast<std::uint8_t>(i >> shift); };
      Match peer = MatchAddress{Side::source, host_prefix({Family::v4, {172, 16, byte(8), byte(0)}})};
      if (i % 20 == 0) {
        const std::string name = "block-" + std::to_string(i);
        table.sets[name] = {address_type(Family::v4), true, "", {{pod(10 * i).first, pod(10 * i + 3).first}}};
        peer = MatchAddressSet{Side::source, Family::v4, name};
      }
      rules.push_back({{peer, MatchPort{6, {{80, 80}}}}, "", Accept{}, comment});
    }
    expect_written(programmed, table);
    expect_held(programmed);
    expect_written(programmed, with_pods(0, 10));
    EXPECT_TRUE(test::dump_of(backend).table == with_pods(0, 10));
  });
}

}  // namespace
}  // namespace selvedge::nft
