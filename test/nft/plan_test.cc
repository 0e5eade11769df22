// diff() and plan(): law 2, convergence without a dangling moment, over tables at random, and the
// batches of the changes that happen every day, written out.
#include <algorithm>

#include <gtest/gtest.h>

#include "nft/changes.h"
#include "nft/references.h"
#include "nft/text.h"
#include "nft/transaction.h"
#include "nft/validate.h"
#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

Key key(std::string_view text) {
  return key_of(parse_address(text).value());
}
Element element(std::string_view only) {
  return {key(only), key(only)};
}
Rule to(Verdict verdict) {
  return {{}, "", std::move(verdict), ""};
}
Rule looks_up(std::string set) {
  return {{MatchAddressSet{Side::source, Family::v4, std::move(set)}}, "", Accept{}, ""};
}

const KeyType v4 = address_type(Family::v4);

// One pod of two is isolated by one policy.
Table sample() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-1"};
  table.sets["peers"] = {v4, false, "", {element("10.0.0.1"), element("10.0.0.3")}};
  table.maps["ingress"] = {v4, "", {{key("10.0.0.9"), Goto{"pod-1"}}}};
  table.chains["policy-1"].rules = {looks_up("peers")};
  table.chains["pod-1"].rules = {to(Jump{"policy-1"}), Rule{{}, "deny-1", Drop{}, ""}};
  table.chains["forward"] = {Base{Hook::forward, -5}, {to(Dispatch{Side::destination, Family::v4, "ingress"})}};
  return table;
}

// Some batches as text would be long; as values they print badly. So: one word each.
std::string word(const Op& op) {
  struct Word {
    std::string operator()(const AddTable&) const { return "table"; }
    std::string operator()(const DeleteTable&) const { return "-table"; }
    std::string operator()(const AddCounter& o) const { return "+counter " + o.name; }
    std::string operator()(const DeleteCounter& o) const { return "-counter " + o.name; }
    std::string operator()(const AddSet& o) const { return "+set " + o.name; }
    std::string operator()(const AddMap& o) const { return "+map " + o.name; }
    std::string operator()(const DeleteSet& o) const { return "-set " + o.name; }
    std::string operator()(const AddElements& o) const { return o.set + " +" + words(o.elements); }
    std::string operator()(const DeleteElements& o) const { return o.set + " -" + words(o.elements); }
    std::string operator()(const AddMapElements& o) const {
      std::string text = o.map + " +";
      for (const auto& [key, verdict] : o.elements) text += ' ' + to_text(v4, {key, key}) + ':' + to_text(to(verdict));
      return text;
    }
    std::string operator()(const DeleteMapElements& o) const {
      std::string text = o.map + " -";
      for (const auto& key : o.keys) text += ' ' + to_text(v4, {key, key});
      return text;
    }
    std::string operator()(const AddChain& o) const { return (o.base ? "+base " : "+chain ") + o.name; }
    std::string operator()(const DeleteChain& o) const { return "-chain " + o.name; }
    std::string operator()(const FlushChain& o) const { return "flush " + o.name; }
    std::string operator()(const AddRule& o) const { return o.chain + ": " + to_text(o.rule); }
    static std::string words(const std::vector<Element>& elements) {
      std::string text;
      for (const auto& one : elements) text += ' ' + to_text(v4, one);
      return text;
    }
  };
  return std::visit(Word{}, op);
}

using Words = std::vector<std::vector<std::string>>;

Words words(const std::vector<Batch>& batches) {
  Words all;
  for (const auto& batch : batches) {
    all.emplace_back();
    for (const auto& op : batch) all.back().push_back(word(op));
  }
  return all;
}

Words steps(const Table& from, const Table& into) {
  return words(plan(from, diff(from, into)));
}

// ---- the changes of every day

TEST(Plan, OfNoChange_IsNoBatch) {
  EXPECT_EQ(steps(sample(), sample()), Words{});
}

TEST(Plan, OfASetElement_IsOneBatchOfTheDifference) {
  auto next = sample();
  next.sets["peers"].elements = {element("10.0.0.1"), element("10.0.0.2")};
  EXPECT_EQ(steps(sample(), next), Words({{"table", "peers - 10.0.0.3", "peers + 10.0.0.2"}}));
}

TEST(Plan, OfAChainsContent_FlushesAndRefillsInPlace) {
  auto next = sample();
  next.chains["policy-1"].rules = {looks_up("peers"), to(Return{})};
  EXPECT_EQ(steps(sample(), next),
            Words({{"table", "flush policy-1", "policy-1: ip saddr @peers accept", "policy-1: return"}}));
}

TEST(Plan, OfANewPod_FillsItsChainOneBatchBeforeTheMapLeadsToIt) {  // semantics 108
  auto next = sample();
  next.counters.insert("deny-2");
  next.sets["more"] = {v4, false, "", {element("10.0.0.4")}};
  next.chains["policy-2"].rules = {looks_up("more")};
  next.chains["pod-2"].rules = {to(Jump{"policy-2"}), Rule{{}, "deny-2", Drop{}, ""}};
  next.maps["ingress"].elements[key("10.0.0.8")] = Goto{"pod-2"};
  EXPECT_EQ(steps(sample(), next),
            Words({{"table", "+counter deny-2", "+set more", "more + 10.0.0.4", "+chain pod-2", "+chain policy-2",
                    "pod-2: jump policy-2", "pod-2: counter name \"deny-2\" drop", "policy-2: ip saddr @more accept"},
                   {"table", "ingress + 10.0.0.8:goto pod-2"}}));
}

TEST(Plan, OfAPodThatGoes_DeletesItsChainOneBatchAfterTheMapLedToIt) {  // semantics 108
  auto next = sample();
  next.maps["ingress"].elements.clear();
  next.counters.clear();
  next.chains.erase("pod-1");
  next.chains.erase("policy-1");
  next.sets.clear();
  EXPECT_EQ(steps(sample(), next), Words({{"table", "ingress - 10.0.0.9"},
                                          {"table", "flush pod-1", "flush policy-1", "-set peers", "-chain pod-1",
                                           "-chain policy-1", "-counter deny-1"}}));
}

TEST(Plan, OfAnElementThatIsPointedElsewhere_DeletesAndAddsItInOneBatch) {
  auto next = sample();
  next.maps["ingress"].elements[key("10.0.0.9")] = Drop{};
  EXPECT_EQ(steps(sample(), next), Words({{"table", "ingress - 10.0.0.9", "ingress + 10.0.0.9:drop"}}));
}

TEST(Plan, OfTheFirstTable_FillsTheMapsBeforeTheBaseChainsExist) {  // semantics 108
  Table empty;
  empty.name = "selvedge";
  EXPECT_EQ(steps(empty, sample()),
            Words({{"table", "+counter deny-1", "+set peers", "peers + 10.0.0.1 10.0.0.3", "+map ingress",
                    "+chain pod-1", "+chain policy-1", "pod-1: jump policy-1", "pod-1: counter name \"deny-1\" drop",
                    "policy-1: ip saddr @peers accept", "ingress + 10.0.0.9:goto pod-1"},
                   {"table", "+base forward", "forward: ip daddr vmap @ingress"}}));
}

TEST(Plan, OfTheLastTable_EmptiesAMapOneBatchBeforeItsChainsGo) {
  Table empty;
  empty.name = "selvedge";
  EXPECT_EQ(steps(sample(), empty), Words({{"table", "flush forward", "-chain forward"},
                                           {"table", "ingress - 10.0.0.9"},
                                           {"table", "flush pod-1", "flush policy-1", "-set peers", "-set ingress",
                                            "-chain pod-1", "-chain policy-1", "-counter deny-1"}}));
}

// What follows the lookup would else decide for a moment about packets that the map led elsewhere.
TEST(Plan, OfAnothersBaseChain_LeavesItNoMomentWithoutTheMapThatItLooksUp) {
  auto from = sample();
  from.chains["forward"].rules.push_back(to(Drop{}));
  from.chains["pod-1"].rules = {to(Accept{})};
  Table empty;
  empty.name = "selvedge";
  const auto batches = plan(from, diff(from, empty));
  ASSERT_EQ(batches.size(), 3U);
  ASSERT_TRUE(apply(from, batches[0]));
  EXPECT_FALSE(from.chains.contains("forward"));
  EXPECT_FALSE(from.maps.at("ingress").elements.empty());
}

TEST(Plan, OfABaseChainThatIsReplaced_KeepsTheOldOneUntilTheNewOneIsInForce) {  // semantics 108
  auto next = sample();
  next.chains["forward-2"] = {Base{Hook::forward, -6}, next.chains["forward"].rules};
  next.chains.erase("forward");
  EXPECT_EQ(steps(sample(), next), Words({{"table", "+base forward-2", "forward-2: ip daddr vmap @ingress"},
                                          {"table", "flush forward", "-chain forward"}}));
}

TEST(Plan, OfAMapThatIsReplaced_LeavesTheOldOneFilledWhilePacketsMayStillLookItUp) {
  auto next = sample();
  next.maps["ingress-2"] = next.maps["ingress"];
  next.maps.erase("ingress");
  next.chains["forward"].rules = {to(Dispatch{Side::destination, Family::v4, "ingress-2"})};
  EXPECT_EQ(steps(sample(), next), Words({{"table", "+map ingress-2", "ingress-2 + 10.0.0.9:goto pod-1"},
                                          {"table", "flush forward", "forward: ip daddr vmap @ingress-2"},
                                          {"table", "-set ingress"}}));
}

TEST(Plan, OfChainsThatSwapTheirJumps_MakesNoCircleOnTheWay) {
  Table from;
  from.chains["forward"] = {Base{Hook::forward, 0}, {to(Jump{"a"}), to(Jump{"b"})}};
  from.chains["a"].rules = {to(Jump{"b"})};
  from.chains["b"];
  auto into = from;
  into.chains["a"].rules = {};
  into.chains["b"].rules = {to(Jump{"a"})};
  EXPECT_EQ(steps(from, into), Words({{"table", "flush a", "flush b", "b: jump a"}}));
}

TEST(Plan, FlushesAChainThatIsNamed_WhateverItIsSaidToHold) {
  Changes changes;
  changes.chains["policy-1"] = sample().chains["policy-1"];
  EXPECT_EQ(words(plan(sample(), changes)), Words({{"table", "flush policy-1", "policy-1: ip saddr @peers accept"}}));
}

TEST(Plan, PassesOverWhatIsGoneAlready) {
  Changes changes;
  changes.counters["x"] = false;
  changes.sets["x"] = Gone{};
  changes.maps["y"] = Gone{};
  changes.chains["x"] = Gone{};
  EXPECT_EQ(plan(sample(), changes), std::vector<Batch>{});
}

// ---- diff

TEST(Diff, TellsEachObjectsChange) {
  auto next = sample();
  next.counters = {"deny-2"};
  next.sets["peers"].elements = {element("10.0.0.2"), element("10.0.0.3")};
  next.sets["new"] = {v4, true, "", {element("10.0.0.4")}};
  next.maps["ingress"].elements = {{key("10.0.0.7"), Drop{}}, {key("10.0.0.9"), Accept{}}};
  next.maps["new"] = {v4, "", {}};
  next.chains.erase("pod-1");
  next.chains["new"];
  next.chains["forward"].rules.clear();
  Changes expected;
  expected.counters = {{"deny-1", false}, {"deny-2", true}};
  expected.sets = {{"new", next.sets["new"]}, {"peers", SetDelta{{element("10.0.0.1")}, {element("10.0.0.2")}}}};
  expected.maps = {{"ingress", MapDelta{{key("10.0.0.9")}, {{key("10.0.0.7"), Drop{}}, {key("10.0.0.9"), Accept{}}}}},
                   {"new", next.maps["new"]}};
  expected.chains = {{"forward", next.chains["forward"]}, {"new", Chain{}}, {"pod-1", Gone{}}};
  EXPECT_EQ(diff(sample(), next), expected);
}

TEST(Diff, YieldsObjectsWhole_IfTheyCannotBeAlteredInPlace) {
  auto next = sample();
  next.sets["peers"].comment = "other words";
  next.maps["ingress"] = {address_type(Family::v6), "", {}};
  next.chains["forward"].base->priority = 0;
  Changes expected;
  expected.sets = {{"peers", next.sets["peers"]}};
  expected.maps = {{"ingress", next.maps["ingress"]}};
  expected.chains = {{"forward", next.chains["forward"]}};
  EXPECT_EQ(diff(sample(), next), expected);
}

TEST(Diff, YieldsASetWhole_ThatBeginsOrEndsToBeOneOfIntervals) {
  auto next = sample();
  next.sets["peers"].interval = true;
  next.sets["peers"].elements = {{key("10.0.0.1"), key("10.0.0.3")}};
  Changes expected;
  expected.sets = {{"peers", next.sets["peers"]}};
  EXPECT_EQ(diff(sample(), next), expected);
  expected.sets = {{"peers", sample().sets["peers"]}};
  EXPECT_EQ(diff(next, sample()), expected);
}

// ---- over tables at random

// All objects of `part` are in `whole`, with the same content.
bool includes(const Table& whole, const Table& part) {
  const auto every = [](const auto& objects, const auto& in) {
    return std::all_of(objects.begin(), objects.end(), [&in](const auto& object) {
      const auto found = in.find(object.first);
      return found != in.end() && found->second == object.second;
    });
  };
  return std::includes(whole.counters.begin(), whole.counters.end(), part.counters.begin(), part.counters.end()) &&
         every(part.sets, whole.sets) && every(part.maps, whole.maps) && every(part.chains, whole.chains);
}

std::size_t base_chains(const Table& table) {
  return static_cast<std::size_t>(std::count_if(table.chains.begin(), table.chains.end(),
                                                [](const auto& chain) { return chain.second.base.has_value(); }));
}

// Linux before 6.2: no chain is deleted in the batch that takes out an element which leads to it.
void expect_no_chain_deleted_with_its_element(const Table& before, const Batch& batch) {
  std::set<std::string> freed;
  const auto free = [&](const Verdict& verdict) {
    if (const auto target = target_of(verdict)) freed.emplace(*target);
  };
  for (const auto& op : batch) {
    if (const auto* elements = std::get_if<DeleteMapElements>(&op)) {
      for (const auto& one : elements->keys) free(before.maps.at(elements->map).elements.at(one));
    }
    const auto* set = std::get_if<DeleteSet>(&op);
    if (set && before.maps.contains(set->name)) {
      for (const auto& [one, verdict] : before.maps.at(set->name).elements) free(verdict);
    }
  }
  for (const auto& op : batch) {
    const auto* chain = std::get_if<DeleteChain>(&op);
    EXPECT_FALSE(chain && freed.contains(chain->name)) << chain->name;
  }
}

// A packet of the old generation that finds a new element must find its chain filled.
void expect_no_element_of_a_held_map_leads_to_a_chain_of_the_same_batch(const Table& before, const Batch& batch) {
  for (const auto& op : batch) {
    const auto* elements = std::get_if<AddMapElements>(&op);
    if (!elements || !before.maps.contains(elements->map)) continue;
    for (const auto& [one, verdict] : elements->elements) {
      const auto target = target_of(verdict);
      EXPECT_TRUE(!target || before.chains.contains(std::string(*target))) << *target;
    }
  }
}

void expect_converges(const Table& from, const Table& into) {
  auto held = from;
  for (const auto& batch : plan(from, diff(from, into))) {
    ASSERT_GT(batch.size(), 1U);
    EXPECT_EQ(batch.front(), Op{AddTable{}});
    expect_no_chain_deleted_with_its_element(held, batch);
    expect_no_element_of_a_held_map_leads_to_a_chain_of_the_same_batch(held, batch);
    const auto applied = apply(held, batch);
    ASSERT_TRUE(applied) << applied.error().message << " at " << word(batch.at(applied.error().op));
    EXPECT_EQ(validate(held), std::vector<Fault>{});
    // Either all is as it was, with nothing new that packets pass; or all that is to be is there.
    const bool untouched = includes(held, from) && base_chains(held) == base_chains(from);
    EXPECT_TRUE(untouched || includes(held, into));
  }
  EXPECT_EQ(held, into);
}

TEST(Plan, MakesAnyTableIntoAnyOther_WithoutADanglingMoment) {
  for (const auto seed : test::seeds(300)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const auto a = test::random_table(random);
    const auto b = test::random_table(random);
    EXPECT_TRUE(diff(b, b).empty());
    expect_converges(a, b);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Plan, BuildsAnyTableFromNothing_AndTakesItDownAgain) {
  Table empty;
  empty.name = "selvedge";
  for (const auto seed : test::seeds(100)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const auto table = test::random_table(random);
    expect_converges(empty, table);
    expect_converges(table, empty);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Plan, OfAnyTable_WritesNothingForWhatIsEqual) {
  for (const auto seed : test::seeds(50)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const auto a = test::random_table(random);
    auto b = a;
    b.counters.insert("one-more");
    EXPECT_EQ(steps(a, b), Words({{"table", "+counter one-more"}}));
  }
}

}  // namespace
}  // namespace selvedge::nft
