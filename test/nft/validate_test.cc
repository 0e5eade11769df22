// One test for each kind of fault, and that they are told all at once.
#include "nft/validate.h"

#include <gtest/gtest.h>

#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

Address address(std::string_view text) {
  return parse_address(text).value();
}
Key key(std::string_view text) {
  return key_of(address(text));
}
Element element(std::string_view first, std::string_view last) {
  return {key(first), key(last)};
}

// A sound table that has one of each thing.
Table sound() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-a"};
  table.sets["peers-v4"] = {address_type(Family::v4), false, "pods", {element("10.0.0.1", "10.0.0.1")}};
  table.sets["block-v4"] = {address_type(Family::v4), true, "", {element("10.0.0.0", "10.255.255.255")}};
  table.sets["named-v6"] = {endpoint_type(Family::v6), false, "", {}};
  table.maps["egress-v4"] = {address_type(Family::v4), "", {{key("10.0.0.9"), Goto{"pod-a"}}}};
  table.chains["pod-a"] = {std::nullopt, {Rule{{MatchPort{6, {{80, 80}}}}, "deny-a", Drop{}, "a comment"}}};
  table.chains["forward"] = {Base{Hook::forward, -10},
                             {Rule{{}, "", Dispatch{Side::source, Family::v4, "egress-v4"}, ""}}};
  return table;
}

std::vector<std::string> words(const Table& table) {
  std::vector<std::string> words;
  for (const auto& [object, message] : validate(table))
    words.push_back(std::string(object).append(": ").append(message));
  return words;
}

using Words = std::vector<std::string>;

// The faults of a rule that stands third in a chain to which nothing leads.
Words faults_of_rule(Rule rule) {
  auto table = sound();
  table.chains["probe"].rules = {Rule{{}, "", Accept{}, ""}, Rule{{}, "", Return{}, ""}, std::move(rule)};
  auto all = words(table);
  const std::string place = "chain probe rule 3: ";
  for (auto& word : all) {
    EXPECT_EQ(word.rfind(place, 0), 0U) << word;
    word.erase(0, place.size());
  }
  return all;
}

Words faults_of_matches(std::vector<Match> matches) {
  return faults_of_rule(Rule{std::move(matches), "", Accept{}, ""});
}

Words faults_of_set(Set set) {
  auto table = sound();
  table.sets["s"] = std::move(set);
  return words(table);
}

// What one family has is a fault in the other.
Words faults_of_bridge_rule(std::vector<Match> matches, Verdict verdict, TableFamily family) {
  Table table;
  table.name = "selvedge";
  table.family = family;
  table.maps["ports"] = {interface_type(), "", {{key_of_interface(7), Drop{}}}};
  table.chains["probe"].rules = {Rule{std::move(matches), "", std::move(verdict), ""}};
  return words(table);
}

TEST(Validate, AMatchOrVerdictOfAnotherFamily) {
  constexpr auto bridge = TableFamily::bridge, inet = TableFamily::inet;
  const MatchEtherType frames{{0x0800, 0x0806}, true};
  EXPECT_EQ(faults_of_bridge_rule({frames}, DispatchInterface{"ports"}, bridge), Words{});
  EXPECT_EQ(faults_of_bridge_rule({frames}, Drop{}, inet).size(), 1U);
  EXPECT_EQ(faults_of_bridge_rule({}, DispatchInterface{"ports"}, inet).size(), 1U);
  EXPECT_EQ(faults_of_bridge_rule({MatchCtState{1}}, Drop{}, bridge).size(), 1U);
  EXPECT_EQ(faults_of_bridge_rule({MatchFamily{Family::v4}}, Drop{}, bridge).size(), 1U);
}

TEST(Validate, AHookOfAnotherFamily) {
  for (const auto family : {TableFamily::inet, TableFamily::bridge}) {
    for (const auto hook : {Hook::forward, Hook::input, Hook::prerouting}) {
      Table table;
      table.name = "selvedge";
      table.family = family;
      table.chains["base"].base = Base{hook, 0};
      const bool fits = (family == TableFamily::bridge) == (hook == Hook::prerouting);
      EXPECT_EQ(words(table).empty(), fits) << to_string(family);
    }
  }
}

TEST(Validate, EtherTypesOutOfOrder_OrTooFew) {
  constexpr auto bridge = TableFamily::bridge;
  EXPECT_EQ(faults_of_bridge_rule({MatchEtherType{{0x0806, 0x0800}, true}}, Drop{}, bridge).size(), 1U);
  EXPECT_EQ(faults_of_bridge_rule({MatchEtherType{{0x0800, 0x0800}, true}}, Drop{}, bridge).size(), 1U);
  EXPECT_EQ(faults_of_bridge_rule({MatchEtherType{{0x0800}, true}}, Drop{}, bridge).size(), 1U);
}

TEST(Validate, FindsNothingInASoundTable) {
  EXPECT_EQ(words(sound()), Words{});
}

TEST(Validate, FindsNothingInTablesAtRandom) {
  for (const auto seed : test::seeds(100)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    EXPECT_EQ(words(test::random_table(random)), Words{});
  }
}

TEST(Validate, TellsEveryFaultAtOnce_InTheOrderOfTheText) {
  auto table = sound();
  table.name = "9";
  table.counters.insert("a b");
  table.sets["peers-v4"].comment = "\"";
  table.maps["egress-v4"].elements[key("10.0.0.8")] = Goto{"nowhere"};
  table.chains["pod-a"].rules[0].comment = std::string(128, 'c');
  table.chains["pod-a"].rules.push_back(Rule{{MatchCtState{0}}, "none", Jump{"pod-a"}, ""});
  EXPECT_EQ(words(table),
            Words({"table 9: name \"9\" is not a letter followed by letters, digits and any of /-_.",
                   "counter a b: name \"a b\" is not a letter followed by letters, digits and any of /-_.",
                   "set peers-v4: comment has a quote or a control byte, which nft cannot escape",
                   "map egress-v4: element 10.0.0.8: chain nowhere does not exist",
                   "chain pod-a rule 1: comment of 128 bytes is longer than 127",
                   "chain pod-a rule 2: ct state mask 0 is empty or has unknown bits",
                   "chain pod-a rule 2: counter none does not exist", "chain pod-a: jumps in a circle"}));
}

TEST(Validate, RefusesNamesThatNftCannotRead) {  // semantics 20
  for (const std::string name : {"", "1a", "-a", "/a", "a b", "a\"b", "a;b", "a{", "ä", "a\n", "a*", "a@b", "a:b"}) {
    auto table = sound();
    table.chains[name];
    const auto faults = validate(table);
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].object, "chain " + name);
    EXPECT_EQ(faults[0].message, "name \"" + name + "\" is not a letter followed by letters, digits and any of /-_.");
  }
}

TEST(Validate, TakesNamesOf255Bytes_AndRefusesLongerOnes) {  // semantics 20
  auto table = sound();
  table.sets[std::string(255, 's')] = {address_type(Family::v4), false, "", {}};
  EXPECT_EQ(words(table), Words{});
  table.sets[std::string(256, 's')] = {address_type(Family::v4), false, "", {}};
  EXPECT_EQ(words(table), Words({"set " + std::string(256, 's') + ": name of 256 bytes is longer than 255"}));
}

TEST(Validate, RefusesCommentsThatNftCannotShow) {
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Accept{}, std::string(127, 'c')}), Words{});
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Accept{}, "é \\ ' $x # ; }"}), Words{});
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Accept{}, std::string(128, 'c')}),
            Words({"comment of 128 bytes is longer than 127"}));
  for (const char* text : {"\"", "a\nb", "\t", "\x01", "\x7f", "\r"}) {
    EXPECT_EQ(faults_of_rule(Rule{{}, "", Accept{}, text}),
              Words({"comment has a quote or a control byte, which nft cannot escape"}));
  }
  auto table = sound();
  table.maps["egress-v4"].comment = "a\nb";
  EXPECT_EQ(words(table), Words({"map egress-v4: comment has a quote or a control byte, which nft cannot escape"}));
}

TEST(Validate, RefusesInterfaceNamesThatNoInterfaceHas) {
  EXPECT_EQ(faults_of_matches({MatchInterface{Way::in, "veth0123456789a", false}}), Words{});
  EXPECT_EQ(faults_of_matches({MatchInterface{Way::in, "", false}}), Words({"interface name is empty"}));
  EXPECT_EQ(faults_of_matches({MatchInterface{Way::in, "veth0123456789ab", false}}),
            Words({"interface name \"veth0123456789ab\" is longer than 15 bytes"}));
  for (const std::string name : {"cni*", "a b", "a\"b", "a/b", "a:b", "a\\b", "a\nb", "\xff"}) {
    EXPECT_EQ(
        faults_of_matches({MatchInterface{Way::in, name, false}}),
        Words({"interface name \"" + name + "\" has a byte that an interface cannot have or nft reads otherwise"}));
  }
}

TEST(Validate, RefusesRulesThatReferToNothing) {
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Jump{"x"}, ""}), Words({"chain x does not exist"}));
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Goto{"x"}, ""}), Words({"chain x does not exist"}));
  EXPECT_EQ(faults_of_rule(Rule{{}, "x", Accept{}, ""}), Words({"counter x does not exist"}));
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Dispatch{Side::source, Family::v4, "x"}, ""}), Words({"map x does not exist"}));
  EXPECT_EQ(faults_of_matches({MatchAddressSet{Side::source, Family::v4, "x"}}), Words({"set x does not exist"}));
  EXPECT_EQ(faults_of_matches({MatchEndpointSet{Family::v4, "x"}}), Words({"set x does not exist"}));
}

TEST(Validate, KeepsSetsAndMapsApart) {
  EXPECT_EQ(faults_of_matches({MatchAddressSet{Side::source, Family::v4, "egress-v4"}}),
            Words({"set egress-v4 does not exist"}));
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Dispatch{Side::source, Family::v4, "peers-v4"}, ""}),
            Words({"map peers-v4 does not exist"}));
  auto table = sound();
  table.maps["peers-v4"] = {address_type(Family::v4), "", {}};
  EXPECT_EQ(words(table), Words({"map peers-v4: has the name of a set, and both share one name space"}));
}

TEST(Validate, RefusesLookupsOfAnotherKeyType) {
  EXPECT_EQ(faults_of_matches({MatchAddressSet{Side::source, Family::v6, "peers-v4"}}),
            Words({"set peers-v4 has keys of another type than is looked up"}));
  EXPECT_EQ(faults_of_matches({MatchAddressSet{Side::source, Family::v6, "named-v6"}}),
            Words({"set named-v6 has keys of another type than is looked up"}));
  EXPECT_EQ(faults_of_matches({MatchEndpointSet{Family::v4, "peers-v4"}}),
            Words({"set peers-v4 has keys of another type than is looked up"}));
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Dispatch{Side::source, Family::v6, "egress-v4"}, ""}),
            Words({"map egress-v4 has keys of another type than is looked up"}));
}

TEST(Validate, RefusesKeyTypesThatNoMatchLooksUp) {
  const Words looked_up({"set s: has a key type that no match looks up"});
  EXPECT_EQ(faults_of_set({{}, false, "", {}}), looked_up);
  EXPECT_EQ(faults_of_set({{Field::inet_service}, false, "", {}}), looked_up);
  EXPECT_EQ(faults_of_set({{Field::ipv6_addr, Field::ipv6_addr}, false, "", {{{}, {}}}}), looked_up);
  EXPECT_EQ(faults_of_set({endpoint_type(Family::v4), true, "", {}}),
            Words({"set s: has intervals of concatenated keys, which no match looks up"}));
  auto table = sound();
  table.maps["m"] = {endpoint_type(Family::v4), "", {}};
  table.maps["wide"] = {KeyType(9, Field::ipv6_addr), "", {{Key{}, Accept{}}}};
  EXPECT_EQ(words(table), Words({"map m: has a key type that no rule dispatches by",
                                 "map wide: has a key type that no rule dispatches by"}));
}

TEST(Validate, RefusesElementsThatDoNotFitTheirSet) {
  const auto v4 = address_type(Family::v4);
  EXPECT_EQ(faults_of_set({v4, false, "", {element("::1", "::1")}}),
            Words({"set s: element 0.0.0.0 does not fit the key type"}));
  auto stray = key("10.0.0.1");
  stray.bytes[20] = 1;
  EXPECT_EQ(faults_of_set({v4, false, "", {{stray, stray}}}),
            Words({"set s: element 10.0.0.1 does not fit the key type"}));
  EXPECT_EQ(faults_of_set({v4, false, "", {element("10.0.0.1", "10.0.0.2")}}),
            Words({"set s: element 10.0.0.1-10.0.0.2 is an interval, and the set is not one of intervals"}));
  EXPECT_EQ(faults_of_set({v4, true, "", {element("10.0.0.2", "10.0.0.1")}}),
            Words({"set s: element 10.0.0.2-10.0.0.1 runs backwards"}));
  auto table = sound();
  table.maps["egress-v4"].elements[key("fd00::1")] = Accept{};
  EXPECT_EQ(words(table), Words({"map egress-v4: element 253.0.0.0 does not fit the key type"}));
}

TEST(Validate, RefusesElementsOutOfOrderOrRepeated) {
  const auto v4 = address_type(Family::v4);
  EXPECT_EQ(faults_of_set({v4, false, "", {element("10.0.0.2", "10.0.0.2"), element("10.0.0.1", "10.0.0.1")}}),
            Words({"set s: element 10.0.0.1 is out of order or repeated"}));
  EXPECT_EQ(faults_of_set({v4, false, "", {element("10.0.0.2", "10.0.0.2"), element("10.0.0.2", "10.0.0.2")}}),
            Words({"set s: element 10.0.0.2 is out of order or repeated"}));
}

TEST(Validate, RefusesIntervalsThatOverlapOrAdjoin) {  // semantics 48, 49
  const auto v4 = address_type(Family::v4);
  EXPECT_EQ(faults_of_set({v4, true, "", {element("10.0.0.0", "10.0.0.9"), element("10.0.0.9", "10.0.0.10")}}),
            Words({"set s: element 10.0.0.9-10.0.0.10 overlaps the one before it"}));
  EXPECT_EQ(faults_of_set({v4, true, "", {element("10.0.0.0", "10.0.0.255"), element("10.0.1.0", "10.0.1.0")}}),
            Words({"set s: element 10.0.1.0 adjoins the one before it: they are to be one"}));
  EXPECT_EQ(faults_of_set({v4, true, "", {element("10.0.0.0", "10.0.0.9"), element("10.0.0.11", "10.0.0.12")}}),
            Words{});
  EXPECT_EQ(faults_of_set({v4, false, "", {element("10.0.0.1", "10.0.0.1"), element("10.0.0.2", "10.0.0.2")}}),
            Words{});
  EXPECT_EQ(faults_of_set({v4, true, "", {element("0.0.0.0", "255.255.255.255")}}), Words{});
}

TEST(Validate, RefusesPortsAndTypesOutOfCanonicalForm) {  // semantics 27, 28
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{0, 0}, {2, 3}, {65535, 65535}}}}), Words{});
  EXPECT_EQ(faults_of_matches({MatchPort{6, {}}}), Words({"dport has no values: it can never match"}));
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{9, 8}}}}), Words({"dport 9-8 runs backwards"}));
  const Words crowded({"dport 81-90 is out of order, overlaps or adjoins the one before it"});
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{80, 80}, {81, 90}}}}), crowded);
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{80, 85}, {81, 90}}}}), crowded);
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{91, 91}, {81, 90}}}}), crowded);
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{0, 65535}, {81, 90}}}}), crowded);
  EXPECT_EQ(faults_of_matches({MatchIcmpv6Type{{{130, 132}, {133, 133}}}}),
            Words({"icmpv6 type 133-133 is out of order, overlaps or adjoins the one before it"}));
  EXPECT_EQ(faults_of_matches({MatchIcmpv6Type{}}), Words({"icmpv6 type has no values: it can never match"}));
}

TEST(Validate, RefusesPortsOfProtocolsThatHaveNone) {  // semantics 36
  EXPECT_EQ(faults_of_matches({MatchPort{1, {{80, 80}}}}), Words({"protocol 1 has no ports: TCP, UDP and SCTP have"}));
}

TEST(Validate, RefusesPrefixesWithHostBitsOrTooManyBits) {
  EXPECT_EQ(faults_of_matches({MatchAddress{Side::source, Prefix{address("10.0.0.1"), 24}}}),
            Words({"prefix 10.0.0.1/24 has bits set beyond its length"}));
  EXPECT_EQ(faults_of_matches({MatchAddress{Side::source, Prefix{address("10.0.0.0"), 33}}}),
            Words({"prefix 10.0.0.0/33 is longer than its address"}));
  EXPECT_EQ(faults_of_matches({MatchAddress{Side::source, Prefix{address("0.0.0.0"), 0}}}), Words{});
}

TEST(Validate, RefusesUnknownStatesAndTypes) {
  EXPECT_EQ(faults_of_matches({MatchCtState{0}}), Words({"ct state mask 0 is empty or has unknown bits"}));
  EXPECT_EQ(faults_of_matches({MatchCtState{16}}), Words({"ct state mask 16 is empty or has unknown bits"}));
  EXPECT_EQ(faults_of_matches({MatchFibType{Side::source, 0, false}}), Words({"fib type 0 is unknown"}));
  EXPECT_EQ(faults_of_matches({MatchFibType{Side::source, 6, false}}), Words({"fib type 6 is unknown"}));
}

TEST(Validate, RefusesRulesOfTwoFamilies) {
  const Words two({"asks for IPv4 and for IPv6: it can never match"});
  const MatchAddress v4{Side::source, parse_prefix("10.0.0.0/8").value()};
  EXPECT_EQ(faults_of_matches({v4, MatchAddress{Side::destination, parse_prefix("::/0").value()}}), two);
  EXPECT_EQ(faults_of_matches({v4, MatchHopLimit{255}}), two);
  EXPECT_EQ(faults_of_matches({MatchFamily{Family::v6}, v4}), two);
  EXPECT_EQ(faults_of_matches({v4, MatchEndpointSet{Family::v6, "named-v6"}}), two);
  EXPECT_EQ(faults_of_rule(Rule{{MatchHopLimit{255}}, "", Dispatch{Side::source, Family::v4, "egress-v4"}, ""}), two);
}

TEST(Validate, RefusesRulesOfTwoProtocols) {
  EXPECT_EQ(faults_of_matches({MatchPort{6, {{80, 80}}}, MatchPort{17, {{80, 80}}}}),
            Words({"asks for protocol 6 and for 17: it can never match"}));
  EXPECT_EQ(faults_of_matches({MatchIcmpv6Type{{{1, 1}}}, MatchProtocol{6}}),
            Words({"asks for protocol 58 and for 6: it can never match"}));
}

TEST(Validate, RefusesChecksThatAnotherMatchImplies) {
  const Words family({"repeats the check of the family, which another match implies"});
  const Words protocol({"repeats the check of the protocol, which another match implies"});
  EXPECT_EQ(faults_of_matches({MatchFamily{Family::v4}, MatchAddressSet{Side::source, Family::v4, "peers-v4"}}),
            family);
  EXPECT_EQ(faults_of_matches({MatchHopLimit{255}, MatchFamily{Family::v6}}), family);
  EXPECT_EQ(faults_of_matches({MatchFamily{Family::v6}, MatchIcmpv6Type{{{1, 1}}}}), family);
  EXPECT_EQ(faults_of_rule(Rule{{MatchFamily{Family::v4}}, "", Dispatch{Side::source, Family::v4, "egress-v4"}, ""}),
            family);
  EXPECT_EQ(faults_of_matches({MatchProtocol{6}, MatchPort{6, {{80, 80}}}}), protocol);
  EXPECT_EQ(faults_of_matches({MatchIcmpv6Type{{{1, 1}}}, MatchProtocol{58}}), protocol);
}

TEST(Validate, RefusesTheSameMatchTwice) {
  EXPECT_EQ(faults_of_matches({MatchCtState{2}, MatchHopLimit{1}, MatchCtState{2}}),
            Words({"repeats a match: ct state established return"}));
}

TEST(Validate, RefusesJumpsToBaseChains) {
  const Words base({"chain forward is a base chain: nothing can jump to it"});
  EXPECT_EQ(faults_of_rule(Rule{{}, "", Return{}, ""}), Words{});
  auto table = sound();
  table.chains["other"].rules = {Rule{{}, "", Goto{"forward"}, ""}};
  EXPECT_EQ(words(table).front(), "chain other rule 1: " + base.front());
  table = sound();
  table.maps["m"] = {address_type(Family::v6), "", {{key("fd00::1"), Jump{"forward"}}}};
  EXPECT_EQ(words(table).front(), "map m: element fd00::1: " + base.front());
}

TEST(Validate, RefusesMapsThatDispatch) {
  auto table = sound();
  table.maps["m"] = {
      address_type(Family::v4), "", {{key("10.0.0.1"), Dispatch{Side::source, Family::v4, "egress-v4"}}}};
  EXPECT_EQ(words(table), Words({"map m: element 10.0.0.1 dispatches or logs: only rules can"}));
}

Table ladder(std::size_t regular_chains) {
  auto table = sound();
  for (std::size_t i = 0; i < regular_chains; ++i) {
    auto& chain = table.chains["c" + std::to_string(i)];
    if (i + 1 < regular_chains) chain.rules = {Rule{{}, "", Jump{"c" + std::to_string(i + 1)}, ""}};
  }
  table.chains["base"] = {Base{Hook::input, 0}, {Rule{{}, "", Goto{"c0"}, ""}}};
  return table;
}

TEST(Validate, Takes15ChainsBelowABaseChain_AndRefusesThe16th) {  // semantics 110
  EXPECT_EQ(words(ladder(15)), Words{});
  EXPECT_EQ(words(ladder(16)), Words({"chain c15: lies deeper than 16 chains"}));
  EXPECT_EQ(words(ladder(18)), Words({"chain c15: lies deeper than 16 chains", "chain c16: lies deeper than 16 chains",
                                      "chain c17: lies deeper than 16 chains"}));
}

TEST(Validate, CountsTheWayThroughAMapAsOneStep) {
  auto table = ladder(15);
  table.maps["m"] = {address_type(Family::v4), "", {{key("10.0.0.1"), Goto{"c0"}}}};
  table.chains["base"].rules = {Rule{{}, "", Dispatch{Side::source, Family::v4, "m"}, ""}};
  EXPECT_EQ(words(table), Words{});
  table.chains["before"].rules = {Rule{{}, "", Dispatch{Side::source, Family::v4, "m"}, ""}};
  table.chains["base"].rules = {Rule{{}, "", Jump{"before"}, ""}};
  EXPECT_EQ(words(table), Words({"chain c14: lies deeper than 16 chains"}));
}

TEST(Validate, RefusesJumpsInACircle_EvenWhereNoBaseChainLeads) {
  auto table = sound();
  table.chains["a"].rules = {Rule{{}, "", Jump{"b"}, ""}};
  table.chains["b"].rules = {Rule{{}, "", Dispatch{Side::source, Family::v4, "m"}, ""}};
  table.chains["into"].rules = {Rule{{}, "", Jump{"a"}, ""}};
  table.chains["out"];
  table.chains["b"].rules.push_back(Rule{{}, "", Jump{"out"}, ""});
  table.maps["m"] = {address_type(Family::v4), "", {{key("10.0.0.1"), Jump{"a"}}}};
  EXPECT_EQ(words(table), Words({"chain a: jumps in a circle", "chain b: jumps in a circle"}));
}

TEST(Validate, OfManyChainsInALine_NeedsNoDeepStack) {
  EXPECT_EQ(words(ladder(50'000)).size(), 50'000U - 15);
}

}  // namespace
}  // namespace selvedge::nft
