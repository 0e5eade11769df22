// What each kind of failure leaves behind: nothing that is assumed, and no name but of what the kernel would not have.
#include <cerrno>

#include <gtest/gtest.h>

#include "nft/programmed.h"
#include "test/support/fake_backend.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

using Kind = Error::Kind;
using Depth = Programmed::Depth;

Key key(std::string_view text) {
  return key_of(parse_address(text).value());
}
const KeyType v4 = address_type(Family::v4);

Table sample() {
  Table table;
  table.name = "selvedge";
  table.sets["peers"] = {v4, false, "", {{key("10.0.0.1"), key("10.0.0.1")}}};
  table.maps["ingress"] = {v4, "", {{key("10.0.0.9"), Goto{"pod-1"}}}};
  table.chains["pod-1"].rules = {Rule{{MatchAddressSet{Side::source, Family::v4, "peers"}}, "", Accept{}, ""}};
  table.chains["forward"] = {Base{Hook::forward, -5},
                             {Rule{{}, "", Dispatch{Side::destination, Family::v4, "ingress"}, ""}}};
  return table;
}

class ProgrammedErrors : public testing::Test {
 protected:
  void expect_in_step() {
    ASSERT_TRUE(programmed_.adopt());
    ASSERT_TRUE(programmed_.reconcile(sample()));
    EXPECT_EQ(kernel_.table("selvedge"), sample());
  }

  Error error_of(const Changes& changes) {
    const auto written = programmed_.write(changes);
    EXPECT_FALSE(written);
    return written ? Error{} : written.error();
  }

  void expect_check(Depth depth, bool expected) {
    const auto equal = programmed_.check(depth);
    ASSERT_TRUE(equal) << equal.error().message;
    EXPECT_EQ(*equal, expected);
  }

  test::FakeBackend kernel_;
  Programmed programmed_{kernel_, "selvedge"};
};

TEST_F(ProgrammedErrors, OfAnyKind_LeaveNothingKnown_AndBlameNothing_ButARefusal) {
  const struct {
    Kind kind;
    int code;
  } failures[] = {{Kind::unknown, ENOBUFS},       {Kind::transient, ENOMEM}, {Kind::transient, EINTR},
                  {Kind::transient, EAGAIN},      {Kind::transient, EBUSY},  {Kind::denied, EPERM},
                  {Kind::unsupported, EOPNOTSUPP}};
  for (const auto& [kind, code] : failures) {
    for (const bool done : {false, true}) {
      SCOPED_TRACE(std::to_string(code) + (done ? " done" : ""));
      expect_in_step();
      kernel_.fail_commit({.error = {.kind = kind, .code = code, .op = 1, .object = "", .message = "said so"},
                           .skip = 0,
                           .done = done});
      Changes changes;
      changes.chains["pod-1"] = Chain{};
      const Error error = error_of(changes);
      EXPECT_EQ(error.kind, kind);
      EXPECT_EQ(error.object, "");
      EXPECT_FALSE(programmed_.known());
      expect_in_step();
    }
  }
}

TEST_F(ProgrammedErrors, OfARefusal_NameTheObjectThatWasRefused) {
  const auto refuse = [this](std::size_t skip, std::size_t op) {
    kernel_.fail_commit({.error = {.kind = Kind::refused, .code = EINVAL, .op = op, .object = "", .message = "no"},
                         .skip = skip,
                         .done = false});
  };
  Changes changes;
  changes.sets["more"] = Set{v4, false, "", {{key("10.0.0.7"), key("10.0.0.7")}}};
  changes.chains["policy-2"] = Chain{{}, {Rule{{}, "", Accept{}, ""}}};
  changes.chains["pod-1"] = Chain{{}, {Rule{{}, "", Jump{"policy-2"}, ""}}};
  changes.maps["ingress"] = MapDelta{{}, {{key("10.0.0.5"), Goto{"pod-1"}}}};
  // batch 1: the table, the set, its elements, a chain, its rule; batch 2: the table, a flush, a rule, an element
  const struct {
    std::size_t batch;
    std::size_t op;
    std::string object;
  } refusals[] = {{0, 0, ""},         {0, 1, "more"},  {0, 2, "more"},  {0, 3, "policy-2"},
                  {0, 4, "policy-2"}, {1, 1, "pod-1"}, {1, 2, "pod-1"}, {1, 3, "ingress"}};
  for (const auto& refusal : refusals) {
    SCOPED_TRACE("batch " + std::to_string(refusal.batch) + " operation " + std::to_string(refusal.op));
    expect_in_step();
    refuse(refusal.batch, refusal.op);
    EXPECT_EQ(error_of(changes).object, refusal.object);
    EXPECT_FALSE(programmed_.known());
  }
}

// The kernel in memory refuses by itself: what was meant for a table that somebody has changed.
TEST_F(ProgrammedErrors, OfARealRefusal_NameItToo) {
  expect_in_step();
  Table theirs = sample();
  theirs.chains["pod-1"].rules.clear();
  theirs.sets.erase("peers");
  kernel_.put(theirs);
  Changes changes;
  changes.sets["peers"] = SetDelta{{}, {{key("10.0.0.4"), key("10.0.0.4")}}};
  const Error error = error_of(changes);
  EXPECT_EQ(error.kind, Kind::refused);
  EXPECT_EQ(error.object, "peers");
}

// ---- checks

TEST_F(ProgrammedErrors, OfReading_LeaveACheckWithoutAnAnswer_AndTheCopyAsItWas) {
  expect_in_step();
  for (const Depth depth : {Depth::counts, Depth::content}) {
    kernel_.fail_next_dump({.kind = Kind::unknown, .code = ENOBUFS, .op = {}, .object = "", .message = "lost"});
    const auto equal = programmed_.check(depth);
    ASSERT_FALSE(equal);
    EXPECT_EQ(equal.error().code, ENOBUFS);
    EXPECT_TRUE(programmed_.known());
    expect_check(depth, true);
  }
}

TEST_F(ProgrammedErrors, ACheck_TellsWhatWasDoneBehindItsBack) {
  expect_in_step();
  const auto commits = kernel_.commits();
  const auto expect_noticed = [this](const Table& theirs, bool in_counts) {
    kernel_.put(theirs);
    expect_check(Depth::counts, !in_counts);
    expect_check(Depth::content, false);
    kernel_.put(sample());
    expect_check(Depth::counts, true);
    expect_check(Depth::content, true);
  };
  Table theirs = sample();
  theirs.sets["peers"].elements.clear();
  expect_noticed(theirs, true);
  theirs = sample();
  theirs.sets["peers"].elements[0] = {key("10.6.6.6"), key("10.6.6.6")};
  expect_noticed(theirs, false);
  theirs = sample();
  theirs.chains["pod-1"].rules.push_back(Rule{{}, "", Accept{}, ""});
  expect_noticed(theirs, true);
  theirs = sample();
  theirs.maps["ingress"].elements.clear();
  expect_noticed(theirs, true);
  EXPECT_EQ(kernel_.commits(), commits);
  kernel_.remove("selvedge");
  expect_check(Depth::counts, false);
  expect_check(Depth::content, false);
}

TEST_F(ProgrammedErrors, ACheck_OfWhatDidNotDecode_NeedsNoReading) {
  kernel_.put(sample());
  kernel_.put_opaque("selvedge", {Opaque::Where::rule, "pod-1", 7, "a foreign expression", {1}});
  ASSERT_TRUE(programmed_.adopt());
  const auto dumps = kernel_.dumps();
  expect_check(Depth::counts, false);
  expect_check(Depth::content, false);
  EXPECT_EQ(kernel_.dumps(), dumps);
}

TEST_F(ProgrammedErrors, ACheck_SeesTheForeignRuleThatCameLater) {
  expect_in_step();
  kernel_.put_opaque("selvedge", {Opaque::Where::rule, "pod-1", 7, "a foreign expression", {1}});
  expect_check(Depth::counts, false);
  expect_check(Depth::content, false);
}

// A kernel that counts as none does that is known.
class OddCounts final : public Backend {
 public:
  explicit OddCounts(Backend& inner) : inner_(inner) {}
  tl::expected<void, Error> commit(const std::string& table, const Batch& batch) override {
    return inner_.commit(table, batch);
  }
  tl::expected<std::optional<Dump>, Error> dump(const std::string& table) override { return inner_.dump(table); }
  tl::expected<std::optional<Tally>, Error> tally(const std::string&) override {
    Tally odd;
    odd.chains["?"] = 1;
    return odd;
  }

 private:
  Backend& inner_;
};

TEST_F(ProgrammedErrors, ACheck_OfAKernelThatCountsOddly_GoesByTheContent) {
  OddCounts odd(kernel_);
  Programmed programmed(odd, "selvedge");
  ASSERT_TRUE(programmed.adopt());
  ASSERT_TRUE(programmed.reconcile(sample()));
  EXPECT_TRUE(programmed.check(Depth::counts).value());
  EXPECT_TRUE(programmed.check(Depth::counts).value());
  Table theirs = sample();
  theirs.sets["peers"].elements[0] = {key("10.6.6.6"), key("10.6.6.6")};
  kernel_.put(theirs);
  EXPECT_FALSE(programmed.check(Depth::counts).value());
}

// ---- adoption

TEST_F(ProgrammedErrors, ASuccessor_CommitsNothing_WhereAllIsAsItShouldBe) {  // semantics 107
  for (const auto seed : test::seeds(10)) {
    test::Random random(seed);
    const Table table = test::random_table(random);
    kernel_.put(table);
    Programmed next(kernel_, "selvedge");
    const auto commits = kernel_.commits();
    ASSERT_TRUE(next.adopt());
    ASSERT_TRUE(next.reconcile(table));
    EXPECT_EQ(kernel_.commits(), commits);
  }
}

}  // namespace
}  // namespace selvedge::nft
