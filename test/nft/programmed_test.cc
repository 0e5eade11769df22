// The copy of the kernel's table against a kernel in memory that forgets, fails, and holds what is not ours.
#include "nft/programmed.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "test/support/fake_backend.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

using test::FakeBackend;

Key key(std::string_view text) {
  return key_of(parse_address(text).value());
}
Element element(std::string_view only) {
  return {key(only), key(only)};
}
Rule to(Verdict verdict) {
  return {{}, "", std::move(verdict), ""};
}

const KeyType v4 = address_type(Family::v4);

Table sample() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-1"};
  table.sets["peers"] = {v4, false, "pods of shop", {element("10.0.0.1"), element("10.0.0.3")}};
  table.maps["ingress"] = {v4, "", {{key("10.0.0.9"), Goto{"pod-1"}}}};
  table.chains["policy-1"].rules = {Rule{{MatchAddressSet{Side::source, Family::v4, "peers"}}, "", Accept{}, ""}};
  table.chains["pod-1"].rules = {to(Jump{"policy-1"}), Rule{{}, "deny-1", Drop{}, ""}};
  table.chains["forward"] = {Base{Hook::forward, -5}, {to(Dispatch{Side::destination, Family::v4, "ingress"})}};
  return table;
}

Error error(Error::Kind kind, int code) {
  return {.kind = kind, .code = code, .op = {}, .message = "said so"};
}
Opaque opaque(Opaque::Where where, std::string owner) {
  return {where, std::move(owner), 7, "a foreign expression", {1}};
}

class ProgrammedTable : public testing::Test {
 protected:
  void expect_adopted() {
    const auto adopted = programmed_.adopt();
    ASSERT_TRUE(adopted) << adopted.error().message;
    ASSERT_TRUE(programmed_.known());
  }

  void expect_reconciles(const Table& desired) {
    const auto written = programmed_.reconcile(desired);
    ASSERT_TRUE(written) << written.error().message;
    expect_holds(desired);
  }

  void expect_holds(const Table& desired) {
    EXPECT_EQ(kernel_.table("selvedge"), desired);
    EXPECT_EQ(kernel_.opaque("selvedge").size(), 0U);
    ASSERT_TRUE(programmed_.known());
    EXPECT_EQ(programmed_.table(), desired);
  }

  // Nothing is written for what is held already.
  void expect_settled(const Table& desired) {
    const auto commits = kernel_.commits();
    expect_reconciles(desired);
    EXPECT_EQ(kernel_.commits(), commits);
  }

  FakeBackend kernel_;
  Programmed programmed_{kernel_, "selvedge"};
};

TEST_F(ProgrammedTable, IsNotKnownBeforeItIsAdopted) {
  EXPECT_FALSE(programmed_.known());
}

TEST_F(ProgrammedTable, ThatIsNotThere_IsAdoptedAsEmpty_WithoutAWrite) {
  expect_adopted();
  Table empty;
  empty.name = "selvedge";
  EXPECT_EQ(programmed_.table(), empty);
  EXPECT_EQ(kernel_.commits(), 0U);
  EXPECT_FALSE(kernel_.table("selvedge"));
}

TEST_F(ProgrammedTable, OfAPredecessor_IsAdoptedAsItIs) {  // semantics 107
  kernel_.put(sample());
  expect_adopted();
  EXPECT_EQ(programmed_.table(), sample());
  expect_settled(sample());
}

TEST_F(ProgrammedTable, IsWrittenFromNothing) {
  expect_adopted();
  expect_reconciles(sample());
  expect_settled(sample());
}

TEST_F(ProgrammedTable, KeepsOthersTablesOutOfIt) {
  auto other = sample();
  other.name = "other";
  kernel_.put(other);
  expect_adopted();
  expect_reconciles(sample());
  EXPECT_EQ(kernel_.table("other"), other);
}

TEST_F(ProgrammedTable, IsChangedByChanges_ReadingNothingBack) {
  expect_adopted();
  expect_reconciles(sample());
  auto next = sample();
  next.sets["peers"].elements.push_back(element("10.0.0.4"));
  Changes changes;
  changes.sets["peers"] = SetDelta{{}, {element("10.0.0.4")}};
  ASSERT_TRUE(programmed_.write(changes));
  expect_holds(next);
  EXPECT_EQ(kernel_.dumps(), 1U);
  EXPECT_EQ(kernel_.committed().back(), Batch({AddTable{}, AddElements{"peers", {element("10.0.0.4")}}}));
}

TEST_F(ProgrammedTable, LosesForeignChainsSetsMapsAndCounters) {
  auto tampered = sample();
  tampered.counters.insert("foreign");
  tampered.sets["foreign-set"] = {v4, true, "", {}};
  tampered.maps["foreign-map"] = {v4, "", {{key("10.0.0.1"), Jump{"foreign-2"}}}};
  tampered.chains["foreign-1"].rules = {to(Jump{"foreign-2"}), Rule{{}, "foreign", Accept{}, ""},
                                        to(Dispatch{Side::source, Family::v4, "foreign-map"})};
  tampered.chains["foreign-2"].rules = {
      Rule{{MatchAddressSet{Side::source, Family::v4, "foreign-set"}}, "", Accept{}, ""}};
  tampered.chains["foreign-base"] = {Base{Hook::input, 3}, {to(Jump{"foreign-1"})}};
  tampered.chains["pod-1"].rules.insert(tampered.chains["pod-1"].rules.begin(), to(Goto{"foreign-1"}));
  kernel_.put(tampered);
  expect_adopted();
  expect_reconciles(sample());
}

TEST_F(ProgrammedTable, LosesForeignChainsThatJumpInACircle) {
  auto tampered = sample();
  tampered.chains["foreign-1"].rules = {to(Jump{"foreign-2"})};
  tampered.chains["foreign-2"].rules = {to(Jump{"foreign-1"})};
  kernel_.put(tampered);
  expect_adopted();
  auto desired = sample();
  desired.chains["pod-2"].rules = {to(Jump{"policy-1"})};
  desired.maps["ingress"].elements[key("10.0.0.8")] = Goto{"pod-2"};
  expect_reconciles(desired);
}

// ---- what did not decode

TEST_F(ProgrammedTable, WithARuleThatDidNotDecode_HasItsChainRewritten) {
  kernel_.put(sample());
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::rule, "policy-1"));
  expect_adopted();
  EXPECT_EQ(programmed_.table(), sample());  // what decoded looks as it should
  expect_reconciles(sample());
  EXPECT_EQ(kernel_.commits(), 1U);
  EXPECT_EQ(kernel_.committed().back(),
            Batch({AddTable{}, FlushChain{"policy-1"}, AddRule{"policy-1", sample().chains["policy-1"].rules[0]}}));
  expect_settled(sample());
}

TEST_F(ProgrammedTable, WithAForeignChainThatDidNotDecode_LosesIt) {
  kernel_.put(sample());
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::chain, "foreign"));
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::rule, "foreign"));
  expect_adopted();
  expect_reconciles(sample());
}

TEST_F(ProgrammedTable, WithAForeignSetThatDidNotDecode_LosesIt) {
  kernel_.put(sample());
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::set, "foreign"));
  expect_adopted();
  expect_reconciles(sample());
}

TEST_F(ProgrammedTable, WithAnElementThatDidNotDecode_HasItsSetReplaced) {
  for (const char* owner : {"peers", "ingress"}) {
    SCOPED_TRACE(owner);
    kernel_.put(sample());
    kernel_.put_opaque("selvedge", opaque(Opaque::Where::element, owner));
    expect_adopted();
    expect_reconciles(sample());
    expect_settled(sample());
  }
}

TEST_F(ProgrammedTable, WithAChainOfItsOwnThatDidNotDecode_HasItReplaced) {
  auto tampered = sample();
  tampered.maps["ingress"].elements.clear();
  tampered.chains["pod-1"].rules.clear();
  kernel_.put(tampered);
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::chain, "pod-1"));
  expect_adopted();
  expect_reconciles(sample());
  expect_settled(sample());
}

TEST_F(ProgrammedTable, WithASetOfItsOwnThatDidNotDecode_HasItReplaced) {
  auto tampered = sample();
  tampered.sets.erase("peers");
  tampered.chains["policy-1"].rules.clear();
  kernel_.put(tampered);
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::set, "peers"));
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::rule, "policy-1"));
  expect_adopted();
  expect_reconciles(sample());
  expect_settled(sample());
}

TEST_F(ProgrammedTable, LeavesForeignStatefulObjectsAlone) {
  kernel_.put(sample());
  kernel_.put_opaque("selvedge", opaque(Opaque::Where::object, "quota-1"));
  expect_adopted();
  ASSERT_TRUE(programmed_.reconcile(sample()));
  EXPECT_EQ(kernel_.commits(), 0U);
}

// ---- what cannot be altered in place

TEST_F(ProgrammedTable, WithObjectsOfAnotherShape_HasThemReplaced_NeverLeavingAGap) {
  auto old = sample();
  old.sets["peers"].comment = "as a former version put it";
  old.maps["ingress"].comment = "as a former version put it";
  old.chains["forward"].base->priority = -7;
  kernel_.put(old);
  expect_adopted();
  expect_reconciles(sample());
  Table state = old;
  for (const auto& batch : kernel_.committed()) {
    ASSERT_TRUE(apply(state, batch));
    const bool enforced = std::any_of(state.chains.begin(), state.chains.end(), [&state](const auto& chain) {
      if (!chain.second.base || chain.second.rules.empty()) return false;
      const auto& map = std::get<Dispatch>(chain.second.rules[0].verdict).map;
      const auto& pod = std::get<Goto>(state.maps.at(map).elements.at(key("10.0.0.9"))).chain;
      return !state.chains.at(pod).rules.empty();
    });
    EXPECT_TRUE(enforced);
  }
}

TEST_F(ProgrammedTable, WithASetWhereAMapBelongs_AndTheReverse_HasThemReplaced) {
  auto old = sample();
  old.sets["ingress"] = {v4, false, "", {}};
  old.maps.erase("ingress");
  old.maps["peers"] = {v4, "", {{key("10.0.0.1"), Goto{"pod-1"}}}};
  old.sets.erase("peers");
  old.chains["policy-1"].rules = {Rule{{MatchAddressSet{Side::source, Family::v4, "ingress"}}, "", Accept{}, ""}};
  old.chains["forward"].rules = {to(Dispatch{Side::source, Family::v4, "peers"})};
  kernel_.put(old);
  expect_adopted();
  expect_reconciles(sample());
  expect_settled(sample());
}

TEST_F(ProgrammedTable, WithABaseChainWhereARegularOneBelongs_HasItReplaced) {
  auto old = sample();
  old.maps["ingress"].elements.clear();
  old.chains["pod-1"].base = Base{Hook::input, 0};
  kernel_.put(old);
  expect_adopted();
  expect_reconciles(sample());
  expect_settled(sample());
}

TEST_F(ProgrammedTable, LeftHalfWayThroughAReplacement_IsFinishedByTheNextProcess) {
  auto old = sample();
  old.maps["ingress"].comment = "as a former version put it";
  for (std::size_t skip = 0; skip < 6; ++skip) {
    SCOPED_TRACE(skip);
    kernel_.put(old);
    expect_adopted();
    kernel_.fail_commit({error(Error::Kind::transient, EINTR), skip});
    if (programmed_.reconcile(sample())) break;
    Programmed next(kernel_, "selvedge");
    ASSERT_TRUE(next.adopt());
    ASSERT_TRUE(next.reconcile(sample()));
    EXPECT_EQ(kernel_.table("selvedge"), sample());
  }
}

// ---- failures

TEST_F(ProgrammedTable, IsUnknown_WhenItCannotBeRead) {
  kernel_.fail_next_dump(error(Error::Kind::denied, EPERM));
  const auto adopted = programmed_.adopt();
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().kind, Error::Kind::denied);
  EXPECT_FALSE(programmed_.known());
}

TEST_F(ProgrammedTable, IsUnknownAgain_WhenALaterReadFails) {
  kernel_.put(sample());
  expect_adopted();
  kernel_.fail_next_dump(error(Error::Kind::unknown, ENOBUFS));
  EXPECT_FALSE(programmed_.adopt());
  EXPECT_FALSE(programmed_.known());
}

TEST_F(ProgrammedTable, PassesOnWhatTheKernelSaid) {
  expect_adopted();
  auto refused = error(Error::Kind::refused, ENOENT);
  refused.op = 3;
  kernel_.fail_commit({refused});
  const auto written = programmed_.reconcile(sample());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::refused);
  EXPECT_EQ(written.error().code, ENOENT);
  EXPECT_EQ(written.error().op, 3U);
  EXPECT_EQ(written.error().message, "said so");
}

TEST_F(ProgrammedTable, ChangedBehindItsBackSoThatTheKernelTakesMoreThanTheCopyWould_IsReadBack) {
  expect_adopted();
  expect_reconciles(sample());
  auto theirs = sample();
  theirs.chains["theirs"] = {};
  kernel_.put(theirs);
  Changes changes;
  changes.maps["ingress"] = MapDelta{{}, {{key("10.0.0.7"), Goto{"theirs"}}}};
  const auto written = programmed_.write(changes);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::unknown);
  EXPECT_NE(written.error().message.find("took what it should have refused"), std::string::npos)
      << written.error().message;
  EXPECT_FALSE(programmed_.known());
  expect_adopted();
  expect_reconciles(sample());
}

TEST_F(ProgrammedTable, DeletedBehindItsBack_IsRefused_ThenReadBackAndWrittenAnew) {  // semantics 102
  expect_adopted();
  expect_reconciles(sample());
  kernel_.remove("selvedge");
  auto next = sample();
  next.sets["peers"].elements.clear();
  const auto written = programmed_.reconcile(next);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::refused);
  EXPECT_EQ(written.error().code, ENOENT);
  EXPECT_FALSE(programmed_.known());
  EXPECT_FALSE(kernel_.table("selvedge"));  // not even an empty one is left behind
  expect_adopted();
  expect_reconciles(next);
}

// A failure at each batch in turn, before and after it took effect: read back, it converges.
TEST_F(ProgrammedTable, ConvergesAfterAFailureAtAnyBatch) {
  for (const auto seed : test::seeds(10)) {
    for (const bool done : {false, true}) {
      for (std::size_t skip = 0; skip < 20; ++skip) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " skip " + std::to_string(skip) + (done ? " done" : ""));
        test::Random random(seed);
        const auto from = test::random_table(random);
        const auto into = test::random_table(random);
        kernel_.put(from);
        expect_adopted();
        kernel_.fail_commit({error(Error::Kind::unknown, ENOBUFS), skip, done});
        const auto written = programmed_.reconcile(into);
        if (written) {
          kernel_.fail_commit({error(Error::Kind::unknown, ENOBUFS), 1'000});  // there was no such batch
          break;
        }
        ASSERT_LT(skip, 12U);
        EXPECT_EQ(written.error().code, ENOBUFS);
        EXPECT_FALSE(programmed_.known());
        expect_adopted();
        expect_reconciles(into);
      }
    }
  }
}

}  // namespace
}  // namespace selvedge::nft
