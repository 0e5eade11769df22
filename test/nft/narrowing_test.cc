// Whose packets a change may have taken a way from.
#include "nft/narrowing.h"

#include <gtest/gtest.h>

namespace selvedge::nft {
namespace {

Address at(const char* text) {
  return *parse_address(text);
}
Key key(const char* text) {
  return key_of(at(text));
}
Rule allow_from(const std::string& set) {
  return {{MatchAddressSet{Side::source, Family::v4, set}}, "", Accept{}, ""};
}
Rule jump_to(const std::string& chain) {
  return {{}, "", Jump{chain}, ""};
}

// Two pods: a is under policy one, b under policies one and two; each policy looks up a set of its own.
Table two_pods() {
  Table table;
  table.name = "selvedge";
  for (const char* set : {"peers-one", "peers-two"})
    table.sets[set] = {.type = address_type(Family::v4), .interval = false, .comment = "", .elements = {}};
  table.chains["policy-one"] = {.base = {}, .rules = {allow_from("peers-one")}};
  table.chains["policy-two"] = {.base = {}, .rules = {allow_from("peers-two")}};
  table.chains["pod-a"] = {.base = {}, .rules = {jump_to("policy-one"), Rule{{}, "", Drop{}, ""}}};
  table.chains["pod-b"] = {.base = {}, .rules = {jump_to("policy-one"), jump_to("policy-two")}};
  table.chains["ingress"] = {.base = Base{Hook::forward, -5},
                             .rules = {Rule{{}, "", Dispatch{Side::destination, Family::v4, "ingress-v4"}, ""}}};
  table.maps["ingress-v4"] = {.type = address_type(Family::v4),
                              .comment = "",
                              .elements = {{key("10.244.1.5"), Goto{"pod-a"}}, {key("10.244.1.6"), Goto{"pod-b"}}}};
  return table;
}

Element element(const char* address) {
  return {key(address), key(address)};
}

TEST(Narrowing, OfASetThatLosesElements_IsOfThosePodsAloneWhosePoliciesLookItUp) {
  Changes changes;
  changes.sets["peers-two"] = SetDelta{.remove = {element("10.244.2.7")}, .add = {}};
  EXPECT_EQ(narrowed_by(changes, two_pods()), (Narrowing{.anyone = false, .addresses = {at("10.244.1.6")}}));
  changes.sets["peers-one"] = SetDelta{.remove = {element("10.244.2.7")}, .add = {}};
  EXPECT_EQ(narrowed_by(changes, two_pods()).addresses.size(), 2U);
}

TEST(Narrowing, OfElementsThatAreOnlyAdded_IsNobodys) {
  Changes changes;
  changes.sets["peers-one"] = SetDelta{.remove = {}, .add = {element("10.244.2.7")}};
  changes.maps["ingress-v4"] = MapDelta{.remove = {}, .add = {{key("10.244.1.8"), Accept{}}}};
  EXPECT_TRUE(narrowed_by(changes, two_pods()).empty());
}

TEST(Narrowing, OfAChainThatIsRewritten_IsOfWhoeverIsLedThere) {
  const Table table = two_pods();
  Changes changes;
  changes.chains["policy-one"] = table.chains.at("policy-one");
  EXPECT_EQ(narrowed_by(changes, table).addresses.size(), 2U);
  changes.chains.clear();
  changes.chains["pod-a"] = table.chains.at("pod-a");
  EXPECT_EQ(narrowed_by(changes, table).addresses, std::set{at("10.244.1.5")});
}

TEST(Narrowing, OfAMap_IsOfThoseThatAreLedElsewhere) {
  Changes changes;
  changes.maps["ingress-v4"] = MapDelta{.remove = {key("10.244.1.6"), key("10.244.1.7")},
                                        .add = {{key("10.244.1.6"), Accept{}}, {key("10.244.1.5"), Goto{"pod-b"}}}};
  EXPECT_EQ(narrowed_by(changes, two_pods()).addresses, (std::set{at("10.244.1.5"), at("10.244.1.7")}));
}

TEST(Narrowing, OfABaseChain_IsOfAnyone) {
  const Table table = two_pods();
  Changes changes;
  changes.chains["ingress"] = table.chains.at("ingress");
  EXPECT_TRUE(narrowed_by(changes, table).anyone);
}

TEST(Narrowing, OfAChainThatABaseChainJumpsTo_IsOfAnyone) {
  Table table = two_pods();
  table.chains["link-scope"] = {.base = {}, .rules = {}};
  table.chains["ingress"].rules.push_back(jump_to("link-scope"));
  Changes changes;
  changes.chains["link-scope"] = table.chains.at("link-scope");
  EXPECT_TRUE(narrowed_by(changes, table).anyone);
}

}  // namespace
}  // namespace selvedge::nft
