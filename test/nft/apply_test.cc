// apply() as the kernel: one test for each thing it refuses, and that a refusal leaves nothing behind.
#include <algorithm>
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include "nft/text.h"
#include "nft/transaction.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

Key key(std::string_view text) {
  return key_of(parse_address(text).value());
}
Element element(std::string_view first, std::string_view last) {
  return {key(first), key(last)};
}
Element element(std::string_view only) {
  return element(only, only);
}
Rule to(Verdict verdict) {
  return {{}, "", std::move(verdict), ""};
}
Rule looks_up(std::string set) {
  return {{MatchAddressSet{Side::source, Family::v4, std::move(set)}}, "", Accept{}, ""};
}

const KeyType v4 = address_type(Family::v4);
const KeyType v6 = address_type(Family::v6);

Table sample() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-a", "idle"};
  table.sets["peers"] = {v4, false, "pods", {element("10.0.0.1"), element("10.0.0.3")}};
  table.sets["block"] = {v4, true, "", {element("10.0.0.10", "10.0.0.19"), element("10.0.0.30", "10.0.0.39")}};
  table.maps["egress"] = {v4, "", {{key("10.0.0.9"), Goto{"pod"}}, {key("10.0.0.8"), Accept{}}}};
  table.chains["policy"].rules = {looks_up("peers")};
  table.chains["pod"].rules = {to(Jump{"policy"}), Rule{{}, "deny-a", Drop{}, ""}};
  table.chains["idle"];
  table.chains["forward"] = {Base{Hook::forward, -10}, {to(Dispatch{Side::source, Family::v4, "egress"})}};
  return table;
}

// Applies to the sample; a refused batch must leave it as it was.
class Apply : public testing::Test {
 protected:
  void expect_done(const Batch& batch) {
    const auto applied = apply(table_, batch);
    EXPECT_TRUE(applied) << applied.error().message;
  }

  void expect_refused(const Batch& batch, std::size_t op, int code, const std::string& message) {
    const auto before = table_;
    const auto applied = apply(table_, batch);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error(), (Refusal{op, code, message}));
    EXPECT_EQ(table_, before);
  }

  Table table_ = sample();
};

TEST_F(Apply, CarriesOutEachOperation) {
  expect_done({AddTable{}, AddCounter{"new"}, AddSet{"set", v6, true, "c"},
               AddElements{"set", {element("::", "::5")}, true}, AddMap{"map", v6, "d"}, AddChain{"chain", {}},
               AddRule{"chain", looks_up("block")}, AddMapElements{"map", {{key("::1"), Jump{"chain"}}}},
               AddChain{"base", Base{Hook::input, 5}}, AddRule{"base", to(Dispatch{Side::source, Family::v6, "map"})},
               DeleteElements{"peers", {element("10.0.0.3")}}, DeleteMapElements{"egress", {key("10.0.0.8")}},
               DeleteChain{"idle"}, DeleteCounter{"idle"}});
  auto expected = sample();
  expected.counters.erase("idle");
  expected.counters.insert("new");
  expected.sets["set"] = {v6, true, "c", {element("::", "::5")}};
  expected.maps["map"] = {v6, "d", {{key("::1"), Jump{"chain"}}}};
  expected.chains["chain"].rules = {looks_up("block")};
  expected.chains["base"] = {Base{Hook::input, 5}, {to(Dispatch{Side::source, Family::v6, "map"})}};
  expected.sets["peers"].elements.pop_back();
  expected.maps["egress"].elements.erase(key("10.0.0.8"));
  expected.chains.erase("idle");
  EXPECT_EQ(table_, expected);
}

TEST_F(Apply, TakesBackEveryKindOfOperation_WhenALaterOneIsRefused) {
  expect_refused({AddTable{},
                  AddCounter{"new"},
                  DeleteCounter{"idle"},
                  AddSet{"set", v4, false, ""},
                  AddElements{"set", {element("1.1.1.1")}},
                  AddElements{"peers", {element("10.0.0.2"), element("10.0.0.1")}},
                  DeleteElements{"peers", {element("10.0.0.3")}},
                  AddMap{"map", v4, ""},
                  AddChain{"chain", {}},
                  AddMapElements{"map", {{key("10.0.0.1"), Goto{"chain"}}}},
                  AddMapElements{"egress", {{key("10.0.0.1"), Goto{"chain"}}}},
                  DeleteMapElements{"egress", {key("10.0.0.9")}},
                  FlushChain{"pod"},
                  AddRule{"pod", to(Drop{})},
                  DeleteChain{"idle"},
                  FlushChain{"policy"},
                  DeleteSet{"peers"},
                  FlushChain{"forward"},
                  DeleteSet{"egress"},
                  FlushChain{"pod"},
                  DeleteChain{"pod"},
                  AddChain{"pod", {}},
                  DeleteTable{},
                  AddTable{},
                  AddChain{"fresh", {}},
                  DeleteChain{"gone"}},
                 25, ENOENT, "chain gone: does not exist");
}

TEST_F(Apply, AddsWhatIsThereAlready_IfItIsEqual) {
  const auto before = table_;
  expect_done({AddTable{}, AddCounter{"deny-a"}, AddSet{"peers", v4, false, "pods"},
               AddElements{"peers", {element("10.0.0.1")}},
               AddElements{"block", {element("10.0.0.10", "10.0.0.19")}, true}, AddMap{"egress", v4, ""},
               AddMapElements{"egress", {{key("10.0.0.9"), Goto{"pod"}}}}, AddChain{"pod", {}},
               AddChain{"forward", Base{Hook::forward, -10}}});
  EXPECT_EQ(table_, before);
}

TEST_F(Apply, RepointsAMapElement_ByDeletingAndAddingInOneBatch) {
  expect_done({DeleteMapElements{"egress", {key("10.0.0.9")}}, AddMapElements{"egress", {{key("10.0.0.9"), Drop{}}}}});
  EXPECT_EQ(table_.maps["egress"].elements[key("10.0.0.9")], Verdict{Drop{}});
}

// ---- refusals: tables

TEST_F(Apply, RefusesWhatFollowsTheDeletionOfTheTable) {
  expect_refused({DeleteTable{}, AddChain{"c", {}}}, 1, ENOENT, "table selvedge: does not exist");
  expect_refused({DeleteTable{}, DeleteTable{}}, 1, ENOENT, "table selvedge: does not exist");
  expect_done({DeleteTable{}, AddTable{}, AddChain{"c", {}}});
  EXPECT_EQ(table_.chains.size(), 1U);
  EXPECT_TRUE(table_.sets.empty() && table_.maps.empty() && table_.counters.empty());
}

// ---- refusals: what is missing

TEST_F(Apply, RefusesToDeleteWhatIsAbsent) {
  expect_refused({DeleteCounter{"x"}}, 0, ENOENT, "counter x: does not exist");
  expect_refused({DeleteSet{"x"}}, 0, ENOENT, "set x: does not exist");
  expect_refused({DeleteChain{"x"}}, 0, ENOENT, "chain x: does not exist");
  expect_refused({FlushChain{"x"}}, 0, ENOENT, "chain x: does not exist");
  expect_refused({DeleteElements{"x", {}}}, 0, ENOENT, "set x: does not exist");
  expect_refused({DeleteMapElements{"x", {}}}, 0, ENOENT, "map x: does not exist");
}

TEST_F(Apply, RefusesToDeleteElementsThatAreAbsent) {
  expect_refused({DeleteElements{"peers", {element("10.0.0.2")}}}, 0, ENOENT, "set peers: does not hold 10.0.0.2");
  expect_refused({DeleteElements{"peers", {element("10.0.0.1"), element("10.0.0.1")}}}, 0, ENOENT,
                 "set peers: does not hold 10.0.0.1");
  expect_refused({DeleteElements{"block", {element("10.0.0.10", "10.0.0.18")}, true}}, 0, ENOENT,
                 "set block: does not hold 10.0.0.10-10.0.0.18");
  expect_refused({DeleteMapElements{"egress", {key("10.0.0.9"), key("10.0.0.9")}}}, 0, ENOENT,
                 "map egress: does not hold an element to be deleted");
}

TEST_F(Apply, RefusesToAddToWhatIsAbsent) {
  expect_refused({AddElements{"x", {}}}, 0, ENOENT, "set x: does not exist");
  expect_refused({AddMapElements{"x", {}}}, 0, ENOENT, "map x: does not exist");
  expect_refused({AddRule{"x", to(Drop{})}}, 0, ENOENT, "chain x: does not exist");
}

TEST_F(Apply, RefusesRulesThatReferToNothing) {
  expect_refused({AddRule{"idle", to(Jump{"x"})}}, 0, ENOENT, "chain x: does not exist");
  expect_refused({AddRule{"idle", to(Goto{"x"})}}, 0, ENOENT, "chain x: does not exist");
  expect_refused({AddRule{"idle", to(Dispatch{Side::source, Family::v4, "x"})}}, 0, ENOENT, "map x: does not exist");
  expect_refused({AddRule{"idle", to(Dispatch{Side::source, Family::v4, "peers"})}}, 0, ENOENT,
                 "map peers: does not exist");
  expect_refused({AddRule{"idle", looks_up("x")}}, 0, ENOENT, "set x: does not exist");
  expect_refused({AddRule{"idle", looks_up("egress")}}, 0, ENOENT, "set egress: does not exist");
  expect_refused({AddRule{"idle", Rule{{MatchEndpointSet{Family::v4, "x"}}, "", Accept{}, ""}}}, 0, ENOENT,
                 "set x: does not exist");
  expect_refused({AddRule{"idle", Rule{{}, "x", Accept{}, ""}}}, 0, ENOENT, "counter x: does not exist");
}

TEST_F(Apply, RefusesMapElementsThatLeadNowhere) {
  expect_refused({AddMapElements{"egress", {{key("10.0.0.1"), Goto{"x"}}}}}, 0, ENOENT, "chain x: does not exist");
}

// ---- refusals: what is in use

TEST_F(Apply, RefusesToDeleteAChainThatARuleLeadsTo) {
  expect_refused({FlushChain{"policy"}, DeleteChain{"policy"}}, 1, EBUSY, "chain policy: is led to by a rule or a map");
  expect_done({FlushChain{"pod"}, FlushChain{"policy"}, DeleteChain{"policy"}});
}

TEST_F(Apply, RefusesToDeleteAChainThatAMapLeadsTo) {
  expect_refused({FlushChain{"pod"}, DeleteChain{"pod"}}, 1, EBUSY, "chain pod: is led to by a rule or a map");
  expect_done({FlushChain{"pod"}, DeleteMapElements{"egress", {key("10.0.0.9")}}, DeleteChain{"pod"}});
}

TEST_F(Apply, DeletesAChainWithItsRules_AndLetsGoOfWhatTheyReferTo) {
  expect_done({DeleteMapElements{"egress", {key("10.0.0.9")}}, DeleteChain{"pod"}, DeleteChain{"policy"},
               DeleteSet{"peers"}, DeleteCounter{"deny-a"}});
}

TEST_F(Apply, RefusesToDeleteAChainThatJumpsToItself) {
  expect_refused({AddRule{"idle", to(Jump{"idle"})}, DeleteChain{"idle"}}, 1, EBUSY,
                 "chain idle: is led to by a rule or a map");
}

TEST_F(Apply, CountsReferencesThatTheSameBatchMade) {
  expect_refused({AddRule{"pod", to(Goto{"idle"})}, DeleteChain{"idle"}}, 1, EBUSY,
                 "chain idle: is led to by a rule or a map");
  expect_refused(
      {DeleteCounter{"idle"}, AddMapElements{"egress", {{key("10.0.0.1"), Goto{"idle"}}}}, DeleteChain{"idle"}}, 2,
      EBUSY, "chain idle: is led to by a rule or a map");
  expect_done({DeleteCounter{"idle"}, AddRule{"pod", to(Goto{"idle"})}, FlushChain{"pod"}, DeleteChain{"idle"}});
}

TEST_F(Apply, RefusesToDeleteASetThatARuleLooksUp) {
  expect_refused({DeleteSet{"peers"}}, 0, EBUSY, "set peers: is used by a rule");
  expect_refused({DeleteSet{"egress"}}, 0, EBUSY, "set egress: is used by a rule");
  expect_done({FlushChain{"policy"}, DeleteSet{"peers"}});
}

TEST_F(Apply, LetsGoOfAMapsChains_WhenTheMapIsDeleted) {
  expect_done({FlushChain{"forward"}, FlushChain{"pod"}, DeleteSet{"egress"}, DeleteChain{"pod"}});
}

TEST_F(Apply, RefusesToDeleteACounterThatARuleUses) {
  expect_refused({DeleteCounter{"deny-a"}}, 0, EBUSY, "counter deny-a: is used by a rule");
}

// ---- refusals: what is there already

TEST_F(Apply, RefusesAnotherVerdictForAKey) {
  expect_refused({AddMapElements{"egress", {{key("10.0.0.9"), Drop{}}}}}, 0, EEXIST,
                 "map egress: a key has another verdict");
}

TEST_F(Apply, RefusesIntervalsThatOverlap) {  // semantics 28, 48
  const auto refuses = [this](const Element& overlapping) {
    expect_refused({AddElements{"block", {overlapping}, true}}, 0, EEXIST,
                   "set block: an element overlaps " + to_text(v4, overlapping));
  };
  refuses(element("10.0.0.19", "10.0.0.25"));  // from the left one
  refuses(element("10.0.0.25", "10.0.0.30"));  // into the right one
  refuses(element("10.0.0.12"));               // within
  refuses(element("10.0.0.10"));               // at its start
  refuses(element("10.0.0.19"));               // at its end
  refuses(element("10.0.0.0", "10.0.0.99"));   // around
  refuses(element("10.0.0.10", "10.0.0.20"));  // from the same start
  expect_done(
      {AddElements{"block", {element("10.0.0.20", "10.0.0.29"), element("10.0.0.9"), element("10.0.0.40")}, true}});
}

TEST_F(Apply, RefusesIntervalsThatOverlapEachOther) {
  expect_refused({AddElements{"block", {element("1.0.0.5", "1.0.0.9"), element("1.0.0.0", "1.0.0.5")}, true}}, 0,
                 EEXIST, "set block: an element overlaps 1.0.0.5-1.0.0.9");
}

TEST_F(Apply, RefusesASetOfAnotherType) {
  expect_refused({AddSet{"peers", v6, false, "pods"}}, 0, EEXIST, "set peers: exists with another type");
  expect_refused({AddSet{"peers", v4, true, "pods"}}, 0, EEXIST, "set peers: exists with another type");
  expect_refused({AddMap{"egress", v6, ""}}, 0, EEXIST, "map egress: exists with another type");
}

TEST_F(Apply, RefusesASetWithTheNameOfAMap_AndTheReverse) {
  expect_refused({AddSet{"egress", v4, false, ""}}, 0, EEXIST, "set egress: a map has this name");
  expect_refused({AddMap{"peers", v4, ""}}, 0, EEXIST, "map peers: a set has this name");
}

TEST_F(Apply, RefusesAnotherHookForAChain) {
  expect_refused({AddChain{"forward", Base{Hook::forward, -5}}}, 0, EEXIST, "chain forward: exists with another hook");
  expect_refused({AddChain{"pod", Base{Hook::forward, -5}}}, 0, EEXIST, "chain pod: exists with another hook");
}

// ---- refusals: what makes no sense

TEST_F(Apply, RefusesElementsThatDoNotFit) {
  const std::string message = "set peers: an element does not fit the key type";
  expect_refused({AddElements{"peers", {element("::1")}}}, 0, EINVAL, message);
  expect_refused({AddElements{"peers", {element("10.0.0.5", "10.0.0.6")}}}, 0, EINVAL, message);
  expect_refused({AddElements{"block", {element("10.0.0.7", "10.0.0.6")}, true}}, 0, EINVAL,
                 "set block: an element does not fit the key type");
  expect_refused({AddMapElements{"egress", {{key("::1"), Drop{}}}}}, 0, EINVAL,
                 "map egress: an element does not fit the key type");
}

TEST_F(Apply, RefusesToTakeASetOfIntervalsForOneOfSingleKeys_AndTheReverse) {
  expect_refused({AddElements{"block", {element("10.0.0.1")}}}, 0, EINVAL, "set block: its elements are intervals");
  expect_refused({DeleteElements{"peers", {element("10.0.0.1")}, true}}, 0, EINVAL,
                 "set peers: its elements are single keys");
}

TEST_F(Apply, RefusesToTakeASetForAMap_AndTheReverse) {
  expect_refused({AddElements{"egress", {}}}, 0, EINVAL, "map egress: its elements need a verdict");
  expect_refused({AddMapElements{"peers", {}}}, 0, EINVAL, "set peers: its elements have no verdict");
}

TEST_F(Apply, RefusesMapElementsThatDispatch) {
  expect_refused({AddMapElements{"egress", {{key("10.0.0.1"), Dispatch{Side::source, Family::v4, "egress"}}}}}, 0,
                 EINVAL, "map egress: an element dispatches or logs");
}

TEST_F(Apply, RefusesLookupsOfAnotherKeyType) {
  expect_refused({AddRule{"idle", Rule{{MatchAddressSet{Side::source, Family::v6, "peers"}}, "", Accept{}, ""}}}, 0,
                 EINVAL, "set peers: its keys are not what is looked up");
  expect_refused({AddRule{"idle", to(Dispatch{Side::source, Family::v6, "egress"})}}, 0, EINVAL,
                 "map egress: its keys are not what is looked up");
}

TEST_F(Apply, RefusesJumpsToABaseChain) {
  const std::string message = "chain forward: is a base chain and cannot be jumped to";
  expect_refused({AddRule{"idle", to(Jump{"forward"})}}, 0, EOPNOTSUPP, message);
  expect_refused({AddMapElements{"egress", {{key("10.0.0.1"), Goto{"forward"}}}}}, 0, EOPNOTSUPP, message);
}

TEST_F(Apply, RefusesNamesThatAreEmptyOrTooLong) {
  const std::string longest(255, 'n');
  expect_done({AddChain{longest, {}}, AddSet{longest, v4, false, ""}, AddCounter{longest}});
  expect_refused({AddChain{longest + 'n', {}}}, 0, ERANGE, "chain " + longest + "n: its name is longer than 255 bytes");
  expect_refused({AddSet{longest + 'n', v4, false, ""}}, 0, ERANGE,
                 "set " + longest + "n: its name is longer than 255 bytes");
  expect_refused({AddMap{longest + 'n', v4, ""}}, 0, ERANGE, "map " + longest + "n: its name is longer than 255 bytes");
  expect_refused({AddCounter{longest + 'n'}}, 0, ERANGE, "counter " + longest + "n: its name is longer than 255 bytes");
  expect_refused({AddChain{"", {}}}, 0, EINVAL, "chain : has no name");
}

TEST_F(Apply, RefusesSetsWithoutAType_AndConcatenatedIntervals) {
  expect_refused({AddSet{"s", {}, false, ""}}, 0, EINVAL, "set s: has no key type");
  expect_refused({AddMap{"m", {}, ""}}, 0, EINVAL, "map m: has no key type");
  expect_refused({AddSet{"s", endpoint_type(Family::v4), true, ""}}, 0, EOPNOTSUPP, "set s: concatenated intervals");
}

TEST_F(Apply, RefusesJumpsInACircleBelowABaseChain) {
  expect_refused({AddTable{}, AddRule{"policy", to(Jump{"pod"})}, AddCounter{"c"}}, 1, EMLINK,
                 "chain pod: jumps in a circle");
  expect_refused({AddRule{"policy", to(Dispatch{Side::source, Family::v4, "egress"})}}, 0, EMLINK,
                 "chain pod: jumps in a circle");
  expect_refused({AddRule{"idle", to(Jump{"idle"})}, AddMapElements{"egress", {{key("10.0.0.1"), Goto{"idle"}}}}}, 1,
                 EMLINK, "chain idle: jumps in a circle");
}

TEST_F(Apply, TakesACircleThatNoBaseChainLeadsTo_AsTheKernelDoes) {
  expect_done({AddRule{"idle", to(Jump{"idle"})}});
}

TEST_F(Apply, RefusesMoreThan15ChainsBelowABaseChain) {  // semantics 110
  Batch batch;
  for (int i = 15; i > 0; --i) {
    batch.push_back(AddChain{"c" + std::to_string(i), {}});
    if (i < 15) batch.push_back(AddRule{"c" + std::to_string(i), to(Jump{"c" + std::to_string(i + 1)})});
  }
  batch.push_back(AddRule{"forward", to(Goto{"c1"})});
  expect_done(batch);
  expect_refused({AddChain{"c16", {}}, AddRule{"c15", to(Goto{"c16"})}}, 1, EMLINK,
                 "chain c16: lies deeper than 16 chains");
}

TEST_F(Apply, ALooseEndOfMoreThan16Chains_IsNoFault) {
  Batch batch{AddChain{"c0", {}}};
  for (int i = 1; i < 30; ++i) {
    batch.push_back(AddChain{"c" + std::to_string(i), {}});
    batch.push_back(AddRule{"c" + std::to_string(i - 1), to(Jump{"c" + std::to_string(i)})});
  }
  expect_done(batch);
}

// ---- sets against std::set

TEST_F(Apply, KeepsElementsSorted_WhateverIsAddedAndDeleted) {
  for (const auto seed : test::seeds(50)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    Table table;
    std::set<Element> expected;
    ASSERT_TRUE(apply(table, {AddSet{"s", v4, false, ""}}));
    for (int step = 0; step < 40; ++step) {
      std::vector<Element> some(random() % 20);
      for (auto& one : some) {
        const auto any = key_of(test::random_address(random, Family::v4));
        one = {any, any};
      }
      if (random() % 3 == 0) {
        some.clear();
        for (const auto& one : expected) {
          if (random() % 4 == 0) some.push_back(one);
        }
        std::shuffle(some.begin(), some.end(), random);
        ASSERT_TRUE(apply(table, {DeleteElements{"s", some}}));
        for (const auto& one : some) expected.erase(one);
      } else {
        ASSERT_TRUE(apply(table, {AddElements{"s", some}}));
        expected.insert(some.begin(), some.end());
      }
      ASSERT_EQ(table.sets["s"].elements, std::vector<Element>(expected.begin(), expected.end()));
    }
  }
}

}  // namespace
}  // namespace selvedge::nft
