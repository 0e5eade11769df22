// A batch that the kernel refuses: the operation and the object are named, and
// nothing of the batch is there afterwards.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kernel/sample_rules.h"

namespace selvedge::nft {
namespace {

using test::address;
using test::dump_of;
using test::in_fresh_namespace;
using test::one;
using test::open_backend;
using testing::HasSubstr;

class Refusal : public test::KernelTest {
 protected:
  struct Expected {
    std::size_t op;
    int code;
    std::vector<std::string> words;
    Error::Kind kind = Error::Kind::refused;
  };
  // `batch` on a table with all that the samples have.
  static void expect_refused(const Batch& batch, const Expected& expected) {
    in_fresh_namespace([&] {
      auto backend = open_backend();
      test::commit_table(backend, test::table_with({Rule{{}, "deny-a", Jump{"policy-a/b"}, ""}}));
      const Table before = dump_of(backend).table;
      const auto done = backend.commit("selvedge", batch);
      ASSERT_FALSE(done);
      const Error& error = done.error();
      EXPECT_EQ(error.kind, expected.kind) << error.message;
      EXPECT_EQ(error.code, expected.code) << error.message;
      EXPECT_EQ(error.op, expected.op) << error.message;
      EXPECT_THAT(error.message, HasSubstr("table inet selvedge"));
      for (const std::string& words : expected.words) EXPECT_THAT(error.message, HasSubstr(words));
      EXPECT_TRUE(dump_of(backend).table == before);
    });
  }
};

Rule jump(const char* chain) {
  return {.matches = {}, .counter = "", .verdict = Jump{chain}, .comment = "shop/api"};
}

TEST_F(Refusal, AJumpToAChainThatIsNotThere_NamesTheRule) {
  expect_refused({AddTable{}, AddChain{"new", {}}, AddRule{"new", jump("nowhere")}, AddChain{"newer", {}}},
                 {.op = 2, .code = ENOENT, .words = {"jump nowhere", "chain new", "No such file"}});
}

TEST_F(Refusal, AMapKeyThatLeadsElsewhereAlready_NamesMapAndKey) {
  expect_refused({AddTable{}, AddMapElements{"egress-v4", {{address("10.244.1.9"), Accept{}}}},
                  AddMapElements{"egress-v4", {{address("10.244.1.10"), Drop{}}, {address("10.244.1.7"), Drop{}}}}},
                 {.op = 2, .code = EEXIST, .words = {"egress-v4", "10.244.1.7"}});
}

TEST_F(Refusal, TheDeletionOfAnAbsentElement_NamesSetAndElement) {
  expect_refused({AddTable{}, DeleteElements{"peers-v4", {one(address("10.244.1.7")), one(address("10.9.9.9"))}}},
                 {.op = 1, .code = ENOENT, .words = {"peers-v4", "10.9.9.9"}});
}

TEST_F(Refusal, TheDeletionOfAnAbsentMapKey_NamesMapAndKey) {
  expect_refused({AddTable{}, DeleteMapElements{"ingress-v6", {address("fd00::dead")}}},
                 {.op = 1, .code = ENOENT, .words = {"ingress-v6", "fd00::dead"}});
}

TEST_F(Refusal, AnIntervalThatOverlapsAnother) {
  expect_refused({AddTable{}, AddElements{"block-v4", {test::span("203.0.113.8", "203.0.113.20")}, true}},
                 {.op = 1, .code = EEXIST, .words = {"block-v4"}});
}

TEST_F(Refusal, TheDeletionOfAChainInUse_WillNotSucceedLaterEither) {
  expect_refused({AddTable{}, DeleteChain{"policy-a/b"}}, {.op = 1, .code = EBUSY, .words = {"chain policy-a/b"}});
}

TEST_F(Refusal, TheDeletionOfACounterInUse) {
  expect_refused({AddTable{}, DeleteCounter{"deny-a"}}, {.op = 1, .code = EBUSY, .words = {"counter deny-a"}});
}

// The kernel follows jumps from base chains only: a circle that none leads to is let be.
TEST_F(Refusal, JumpsInACircle) {
  expect_refused({AddTable{}, AddRule{"egress", jump("rules")}, AddRule{"policy-a/b", jump("rules")}},
                 {.op = 2, .code = EMLINK, .words = {"policy-a/b"}});
}

TEST_F(Refusal, AKeyOfAnotherSizeThanTheSets) {
  expect_refused({AddTable{}, AddElements{"peers-v4", {one(address("fd00::1"))}}},
                 {.op = 1, .code = EINVAL, .words = {"peers-v4"}});
}

TEST_F(Refusal, ALookupInASetThatIsNotThere) {
  const Rule rule{{MatchAddressSet{Side::source, Family::v4, "nowhere-v4"}}, "", Accept{}, ""};
  expect_refused({AddTable{}, AddRule{"rules", rule}}, {.op = 1, .code = ENOENT, .words = {"@nowhere-v4"}});
}

TEST_F(Refusal, ACounterThatIsNotThere) {
  const Rule rule{{}, "nobody", Accept{}, ""};
  expect_refused({AddTable{}, AddRule{"rules", rule}}, {.op = 1, .code = ENOENT, .words = {"nobody"}});
}

TEST_F(Refusal, ANameLongerThanTheKernels_IsRefusedBeforeItIsSent) {
  const std::string name(100'000, 'x');
  expect_refused({AddTable{}, AddChain{name, {}}}, {.op = 1, .code = EINVAL, .words = {"255"}});
  expect_refused({AddTable{}, AddRule{"rules", jump(name.c_str())}}, {.op = 1, .code = EINVAL, .words = {"255"}});
  expect_refused({AddTable{}, AddRule{name, jump("rules")}}, {.op = 1, .code = EINVAL, .words = {"255"}});
}

TEST_F(Refusal, ACommentLongerThanNftShows_IsRefusedBeforeItIsSent) {
  const Rule rule{{}, "", Accept{}, std::string(128, 'c')};
  expect_refused({AddTable{}, AddRule{"rules", rule}}, {.op = 1, .code = EINVAL, .words = {"127"}});
}

TEST_F(Refusal, ARuleOfMoreMatchesThanARuleHolds_IsRefusedBeforeItIsSent) {
  const Rule rule{std::vector<Match>(100'000, MatchHopLimit{1}), "", Accept{}, ""};
  expect_refused({AddTable{}, AddRule{"rules", rule}}, {.op = 1, .code = EINVAL, .words = {"128"}});
}

TEST_F(Refusal, AKeyTypeThatNoRuleLooksUp_IsRefusedBeforeItIsSent) {
  expect_refused({AddTable{}, AddSet{"ports", {Field::inet_service}, false, ""}},
                 {.op = 1, .code = EINVAL, .words = {"ports"}});
  expect_refused({AddTable{}, AddSet{"ranges", endpoint_type(Family::v4), true, ""}},
                 {.op = 1, .code = EINVAL, .words = {"ranges"}});
}

TEST_F(Refusal, AWriteToATableThatIsNotThere) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    const auto done = backend.commit("selvedge", {AddChain{"lonely", {}}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Error::Kind::refused);
    EXPECT_EQ(done.error().code, ENOENT);
    EXPECT_EQ(done.error().op, 0U);
  });
}

// Every one of ten thousand complaints, and the first is the one that is told.
TEST_F(Refusal, ManyComplaintsAtOnce_TellTheFirst) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    Batch batch{AddTable{}, AddChain{"pod", {}}};
    for (int i = 0; i < 10'000; ++i) batch.push_back(AddRule{"pod", jump("nowhere")});
    const auto done = backend.commit("selvedge", batch);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Error::Kind::refused);
    EXPECT_EQ(done.error().op, 2U);
    EXPECT_FALSE(*backend.dump("selvedge"));
    EXPECT_TRUE(backend.commit("selvedge", {AddTable{}}));
  });
}

// More complaints than any receive buffer holds: some are lost, the ones that came suffice.
TEST_F(Refusal, MoreComplaintsThanFitIntoTheSocket_AreStillARefusal) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    Batch batch{AddTable{}};
    for (int i = 0; i < 60'000; ++i) batch.push_back(DeleteChain{"nowhere"});
    const auto done = backend.commit("selvedge", batch);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, Error::Kind::refused);
    EXPECT_EQ(done.error().op, 1U);
    EXPECT_FALSE(*backend.dump("selvedge"));
  });
}

}  // namespace
}  // namespace selvedge::nft
