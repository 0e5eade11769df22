// Every alternative of Match and Verdict by hand, with both outcomes: what the kernel is asked
// at random (test/kernel), a reader can check here.
#include "nft/simulate.h"

#include <gtest/gtest.h>

#include "nft/validate.h"

namespace selvedge::nft {
namespace {

constexpr Side source = Side::source, destination = Side::destination;

Address address(std::string_view text) {
  return parse_address(text).value();
}
Key key(std::string_view text) {
  return key_of(address(text));
}
Prefix prefix(std::string_view text) {
  return parse_prefix(text).value();
}
Element one(const Key& key) {
  return {key, key};
}

// A new TCP connection from one pod to port 80 of another.
Packet tcp(std::string_view from = "10.244.2.7", std::string_view to = "10.244.1.5") {
  return {.hook = Hook::forward,
          .in = "eth0",
          .out = "cni0",
          .source = address(from),
          .destination = address(to),
          .protocol = 6,
          .port = 80};
}
Packet tcp6() {
  return tcp("fd00:244:2::7", "fd00:244:1::5");
}
Packet icmpv6(std::uint8_t type) {
  Packet packet = tcp6();
  packet.protocol = 58;
  packet.port = 0;
  packet.icmpv6_type = type;
  return packet;
}

Table sets() {
  Table table;
  table.name = "selvedge";
  const KeyType v4 = address_type(Family::v4), v6 = address_type(Family::v6);
  table.sets["peers-v4"] = {v4, false, "", {one(key("10.244.2.6")), one(key("10.244.2.7")), one(key("10.244.2.9"))}};
  table.sets["peers-v6"] = {v6, false, "", {one(key("fd00:244:2::7"))}};
  table.sets["empty-v4"] = {v4, false, "", {}};
  table.sets["block-v4"] = {v4,
                            true,
                            "",
                            {{key("0.0.0.0"), key("9.255.255.255")},
                             {key("10.244.2.7"), key("10.244.2.9")},
                             {key("255.255.255.0"), key("255.255.255.255")}}};
  table.sets["named-v4"] = {endpoint_type(Family::v4),
                            false,
                            "",
                            {one(key_of(address("10.244.1.5"), 6, 80)), one(key_of(address("10.244.1.5"), 17, 53))}};
  table.sets["named-v6"] = {endpoint_type(Family::v6), false, "", {one(key_of(address("fd00:244:1::5"), 6, 80))}};
  return table;
}

bool holds(const Match& match, const Packet& packet) {
  return holds(sets(), match, packet);
}

// ---- matches

TEST(Holds, Family_IsThePackets) {
  EXPECT_TRUE(holds(MatchFamily{Family::v4}, tcp()));
  EXPECT_FALSE(holds(MatchFamily{Family::v6}, tcp()));
  EXPECT_TRUE(holds(MatchFamily{Family::v6}, tcp6()));
  EXPECT_FALSE(holds(MatchFamily{Family::v4}, tcp6()));
}

TEST(Holds, Protocol_IsTheLastHeaders_InEitherFamily) {
  EXPECT_TRUE(holds(MatchProtocol{6}, tcp()));
  EXPECT_TRUE(holds(MatchProtocol{6}, tcp6()));
  EXPECT_FALSE(holds(MatchProtocol{17}, tcp()));
}

TEST(Holds, Address_LiesInThePrefix_OnTheSideAskedFor) {
  EXPECT_TRUE(holds(MatchAddress{source, prefix("10.244.2.0/24")}, tcp()));
  EXPECT_FALSE(holds(MatchAddress{destination, prefix("10.244.2.0/24")}, tcp()));
  EXPECT_TRUE(holds(MatchAddress{destination, prefix("10.244.1.4/31")}, tcp()));
  EXPECT_FALSE(holds(MatchAddress{destination, prefix("10.244.1.6/31")}, tcp()));
  EXPECT_TRUE(holds(MatchAddress{source, prefix("fd00:244:2::/47")}, tcp6()));
  EXPECT_FALSE(holds(MatchAddress{source, prefix("fd00:244:4::/47")}, tcp6()));
}

TEST(Holds, TheEmptyPrefix_IsAllOfItsFamilyOnly) {
  EXPECT_TRUE(holds(MatchAddress{source, prefix("0.0.0.0/0")}, tcp()));
  EXPECT_FALSE(holds(MatchAddress{source, prefix("0.0.0.0/0")}, tcp6()));
  EXPECT_TRUE(holds(MatchAddress{source, prefix("::/0")}, tcp6()));
  EXPECT_FALSE(holds(MatchAddress{source, prefix("::/0")}, tcp()));
}

TEST(Holds, AddressSet_HasTheAddress) {
  EXPECT_TRUE(holds(MatchAddressSet{source, Family::v4, "peers-v4"}, tcp("10.244.2.6")));
  EXPECT_TRUE(holds(MatchAddressSet{source, Family::v4, "peers-v4"}, tcp("10.244.2.9")));
  EXPECT_FALSE(holds(MatchAddressSet{source, Family::v4, "peers-v4"}, tcp("10.244.2.5")));
  EXPECT_FALSE(holds(MatchAddressSet{source, Family::v4, "peers-v4"}, tcp("10.244.2.8")));
  EXPECT_FALSE(holds(MatchAddressSet{destination, Family::v4, "peers-v4"}, tcp("10.244.2.6")));
  EXPECT_FALSE(holds(MatchAddressSet{source, Family::v4, "empty-v4"}, tcp()));
  EXPECT_TRUE(holds(MatchAddressSet{source, Family::v6, "peers-v6"}, tcp6()));
  EXPECT_FALSE(holds(MatchAddressSet{source, Family::v6, "peers-v6"}, tcp()));
  EXPECT_FALSE(holds(MatchAddressSet{source, Family::v4, "peers-v4"}, tcp6()));
}

TEST(Holds, IntervalSet_IncludesBothEnds) {
  const Match block = MatchAddressSet{source, Family::v4, "block-v4"};
  for (const char* in : {"0.0.0.0", "9.255.255.255", "10.244.2.7", "10.244.2.8", "10.244.2.9", "255.255.255.255"})
    EXPECT_TRUE(holds(block, tcp(in))) << in;
  for (const char* out : {"10.0.0.0", "10.244.2.6", "10.244.2.10", "255.255.254.255"})
    EXPECT_FALSE(holds(block, tcp(out))) << out;
}

TEST(Holds, EndpointSet_HasDestinationProtocolAndPortTogether) {
  const Match named = MatchEndpointSet{Family::v4, "named-v4"};
  Packet packet = tcp();
  EXPECT_TRUE(holds(named, packet));
  packet.port = 53;
  EXPECT_FALSE(holds(named, packet));
  packet.protocol = 17;
  EXPECT_TRUE(holds(named, packet));
  EXPECT_FALSE(holds(named, tcp("10.244.2.7", "10.244.1.6")));
  EXPECT_TRUE(holds(MatchEndpointSet{Family::v6, "named-v6"}, tcp6()));
  EXPECT_FALSE(holds(named, tcp6()));
}

TEST(Holds, Port_IsOfTheProtocolAskedFor_InEitherFamily) {
  const Match web = MatchPort{6, {{80, 80}, {8000, 8100}}};
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{8000}, std::uint16_t{8100}}) {
    Packet packet = tcp6();
    packet.port = port;
    EXPECT_TRUE(holds(web, packet)) << port;
    packet.protocol = 17;
    EXPECT_FALSE(holds(web, packet)) << port;
  }
  for (const std::uint16_t port : {std::uint16_t{79}, std::uint16_t{81}, std::uint16_t{7999}, std::uint16_t{8101}}) {
    Packet packet = tcp();
    packet.port = port;
    EXPECT_FALSE(holds(web, packet)) << port;
  }
}

TEST(Holds, CtState_IsOneOfThoseAskedFor) {
  const Match replies = MatchCtState{MatchCtState::established | MatchCtState::related};
  Packet packet = tcp();
  EXPECT_FALSE(holds(replies, packet));
  EXPECT_TRUE(holds(MatchCtState{MatchCtState::fresh}, packet));
  packet.state = MatchCtState::related;
  EXPECT_TRUE(holds(replies, packet));
  packet.state = MatchCtState::untracked;
  EXPECT_FALSE(holds(replies, packet));
  EXPECT_FALSE(holds(MatchCtState{MatchCtState::fresh | MatchCtState::invalid}, packet));
  EXPECT_TRUE(holds(MatchCtState{MatchCtState::untracked}, packet));
}

TEST(Holds, Interface_HasTheName_OrHasNot) {
  EXPECT_TRUE(holds(MatchInterface{Way::in, "eth0", false}, tcp()));
  EXPECT_FALSE(holds(MatchInterface{Way::in, "cni0", false}, tcp()));
  EXPECT_FALSE(holds(MatchInterface{Way::in, "eth", false}, tcp()));
  EXPECT_TRUE(holds(MatchInterface{Way::out, "cni0", false}, tcp()));
  EXPECT_FALSE(holds(MatchInterface{Way::out, "cni0", true}, tcp()));
  EXPECT_TRUE(holds(MatchInterface{Way::out, "eth0", true}, tcp()));
}

TEST(Holds, OutputInterface_AtInputIsNone_AndSoAnotherThanAnyName) {
  Packet packet = tcp();
  packet.hook = Hook::input;
  packet.out = "";
  EXPECT_FALSE(holds(MatchInterface{Way::out, "cni0", false}, packet));
  EXPECT_TRUE(holds(MatchInterface{Way::out, "cni0", true}, packet));
}

TEST(Holds, Icmpv6Type_ImpliesIcmpv6) {
  const Match listeners = MatchIcmpv6Type{{{130, 132}, {143, 143}}};
  EXPECT_TRUE(holds(listeners, icmpv6(130)));
  EXPECT_TRUE(holds(listeners, icmpv6(132)));
  EXPECT_TRUE(holds(listeners, icmpv6(143)));
  EXPECT_FALSE(holds(listeners, icmpv6(133)));
  Packet other = icmpv6(130);
  other.protocol = 6;
  EXPECT_FALSE(holds(listeners, other));
  Packet v4 = tcp();
  v4.protocol = 58;
  v4.icmpv6_type = 130;
  EXPECT_FALSE(holds(listeners, v4));
}

TEST(Holds, HopLimit_ImpliesIPv6) {
  Packet packet = icmpv6(135);
  packet.hop_limit = 255;
  EXPECT_TRUE(holds(MatchHopLimit{255}, packet));
  EXPECT_FALSE(holds(MatchHopLimit{64}, packet));
  Packet v4 = tcp();
  v4.hop_limit = 255;
  EXPECT_FALSE(holds(MatchHopLimit{255}, v4));
}

TEST(Holds, FibType_IsOfTheSideAskedFor) {
  Packet packet = tcp();
  packet.destination_type = MatchFibType::multicast;
  EXPECT_TRUE(holds(MatchFibType{destination, MatchFibType::multicast, false}, packet));
  EXPECT_FALSE(holds(MatchFibType{destination, MatchFibType::multicast, true}, packet));
  EXPECT_FALSE(holds(MatchFibType{source, MatchFibType::multicast, false}, packet));
  EXPECT_TRUE(holds(MatchFibType{source, MatchFibType::local, true}, packet));
}

// ---- verdicts

Rule rule(Verdict verdict, std::vector<Match> matches = {}) {
  return {.matches = std::move(matches), .counter = "", .verdict = std::move(verdict), .comment = ""};
}
const Match never = MatchProtocol{17};  // of tcp()

Outcome outcome(std::map<std::string, Chain> chains, const Packet& packet = tcp(), const Map& map = {}) {
  Table table = sets();
  table.chains = std::move(chains);
  table.maps["map-v4"] = {address_type(Family::v4), "", map.elements};
  const auto faults = validate(table);
  EXPECT_TRUE(faults.empty()) << faults.front().object << ' ' << faults.front().message;
  return simulate(table, packet);
}

Chain base(std::vector<Rule> rules, std::int32_t priority = 0, Hook hook = Hook::forward) {
  return {Base{hook, priority}, std::move(rules)};
}
Chain regular(std::vector<Rule> rules) {
  return {std::nullopt, std::move(rules)};
}

TEST(Simulate, ATableWithoutChainsOfTheHook_Accepts) {
  EXPECT_EQ(outcome({}), (Outcome{true, {}}));
  EXPECT_EQ(outcome({{"in", base({rule(Drop{})}, 0, Hook::input)}}), (Outcome{true, {}}));
  Packet packet = tcp();
  packet.hook = Hook::input;
  EXPECT_EQ(outcome({{"in", base({rule(Drop{})}, 0, Hook::input)}}, packet), (Outcome{false, {{"in", 0}}}));
}

TEST(Simulate, TheFirstRuleWhoseMatchesAllHold_Decides) {
  EXPECT_EQ(outcome({{"f", base({rule(Drop{}, {MatchFamily{Family::v4}, never}),
                                 rule(Accept{}, {MatchFamily{Family::v4}}), rule(Drop{})})}}),
            (Outcome{true, {{"f", 1}}}));
  EXPECT_EQ(outcome({{"f", base({rule(Accept{}, {never}), rule(Drop{}), rule(Accept{})})}}),
            (Outcome{false, {{"f", 1}}}));
}

TEST(Simulate, AChainThatRunsToItsEnd_Accepts) {
  EXPECT_EQ(outcome({{"f", base({rule(Drop{}, {never})})}}), (Outcome{true, {}}));
}

TEST(Simulate, AnAccept_EndsItsBaseChainOnly_AndADropAll) {
  EXPECT_EQ(outcome({{"a", base({rule(Accept{})}, -10)}, {"b", base({rule(Drop{})}, -5)}}),
            (Outcome{false, {{"a", 0}, {"b", 0}}}));
  EXPECT_EQ(outcome({{"a", base({rule(Drop{})}, -10)}, {"b", base({rule(Accept{})}, -5)}}),
            (Outcome{false, {{"a", 0}}}));
}

TEST(Simulate, BaseChains_RunByPriority) {
  EXPECT_EQ(outcome({{"a", base({rule(Accept{})}, 5)},
                     {"b", base({rule(Accept{})}, -400)},
                     {"c", base({rule(Accept{})}, 0)},
                     {"d", base({rule(Accept{})}, 0)}}),
            (Outcome{true, {{"b", 0}, {"c", 0}, {"d", 0}, {"a", 0}}}));
}

TEST(Simulate, AJump_ComesBackToTheNextRule) {
  EXPECT_EQ(outcome({{"f", base({rule(Jump{"x"}), rule(Drop{})})}, {"x", regular({rule(Accept{}, {never})})}}),
            (Outcome{false, {{"f", 0}, {"f", 1}}}));
  EXPECT_EQ(outcome({{"f", base({rule(Jump{"x"}), rule(Drop{})})}, {"x", regular({rule(Accept{})})}}),
            (Outcome{true, {{"f", 0}, {"x", 0}}}));
  EXPECT_EQ(outcome({{"f", base({rule(Jump{"x"}), rule(Accept{})})}, {"x", regular({rule(Drop{})})}}),
            (Outcome{false, {{"f", 0}, {"x", 0}}}));
}

TEST(Simulate, AReturn_EndsTheChainItIsIn) {
  EXPECT_EQ(outcome({{"f", base({rule(Jump{"x"}), rule(Drop{})})}, {"x", regular({rule(Return{}), rule(Accept{})})}}),
            (Outcome{false, {{"f", 0}, {"x", 0}, {"f", 1}}}));
}

TEST(Simulate, AReturnFromABaseChain_Accepts) {
  EXPECT_EQ(outcome({{"f", base({rule(Return{}), rule(Drop{})})}}), (Outcome{true, {{"f", 0}}}));
}

TEST(Simulate, AGotoFromABaseChain_NeverComesBack) {
  EXPECT_EQ(outcome({{"f", base({rule(Goto{"x"}), rule(Drop{})})}, {"x", regular({rule(Return{})})}}),
            (Outcome{true, {{"f", 0}, {"x", 0}}}));
}

TEST(Simulate, WhatIsGoneTo_ReturnsToTheCallersCaller) {
  EXPECT_EQ(outcome({{"f", base({rule(Jump{"x"}), rule(Drop{})})},
                     {"x", regular({rule(Goto{"y"}), rule(Accept{})})},
                     {"y", regular({rule(Return{})})}}),
            (Outcome{false, {{"f", 0}, {"x", 0}, {"y", 0}, {"f", 1}}}));
}

Map holding(Verdict verdict) {
  return {address_type(Family::v4), "", {{key("10.244.2.7"), std::move(verdict)}}};
}

TEST(Simulate, ADispatch_DoesWhatTheMapHoldsForTheAddress) {
  const std::map<std::string, Chain> chains{
      {"f", base({rule(Dispatch{source, Family::v4, "map-v4"}), rule(Drop{})})},
      {"x", regular({rule(Return{})})},
  };
  EXPECT_EQ(outcome(chains, tcp(), holding(Accept{})), (Outcome{true, {{"f", 0}}}));
  EXPECT_EQ(outcome(chains, tcp(), holding(Drop{})), (Outcome{false, {{"f", 0}}}));
  EXPECT_EQ(outcome(chains, tcp(), holding(Return{})), (Outcome{true, {{"f", 0}}}));
  EXPECT_EQ(outcome(chains, tcp(), holding(Goto{"x"})), (Outcome{true, {{"f", 0}, {"x", 0}}}));
  EXPECT_EQ(outcome(chains, tcp(), holding(Jump{"x"})), (Outcome{false, {{"f", 0}, {"x", 0}, {"f", 1}}}));
}

TEST(Simulate, ADispatchThatFindsNothing_IsNoStep) {
  const Rule by_source = rule(Dispatch{source, Family::v4, "map-v4"});
  const Rule by_destination = rule(Dispatch{destination, Family::v4, "map-v4"});
  EXPECT_EQ(outcome({{"f", base({by_source, rule(Drop{})})}}, tcp(), {}), (Outcome{false, {{"f", 1}}}));
  EXPECT_EQ(outcome({{"f", base({by_destination})}}, tcp(), holding(Drop{})), (Outcome{true, {}}));
  EXPECT_EQ(outcome({{"f", base({by_source})}}, tcp6(), holding(Drop{})), (Outcome{true, {}}));
}

TEST(Simulate, ADispatch_ComesAfterTheMatchesOfItsRule) {
  EXPECT_EQ(outcome({{"f", base({rule(Dispatch{source, Family::v4, "map-v4"}, {never})})}}, tcp(), holding(Drop{})),
            (Outcome{true, {}}));
}

// ---- words

TEST(PacketText, SaysWhatIsNotAsUsual) {
  EXPECT_EQ(to_string(tcp()), "new tcp 10.244.2.7 -> 10.244.1.5:80 forwarded from eth0 to cni0");
  EXPECT_EQ(to_string(tcp6()), "new tcp fd00:244:2::7 -> [fd00:244:1::5]:80 forwarded from eth0 to cni0");
  Packet packet = icmpv6(135);
  packet.hook = Hook::input;
  packet.out = "";
  packet.hop_limit = 255;
  packet.state = MatchCtState::untracked;
  packet.destination_type = MatchFibType::local;
  EXPECT_EQ(to_string(packet),
            "untracked icmpv6 type 135 fd00:244:2::7 -> fd00:244:1::5 to the node from eth0, hop limit 255, "
            "destination local");
}

// At a port of the bridge, under a tag or not.
TEST(Simulate, AFramesTypeIsItsPacketsFamily_UnlessItSaysAnother) {
  const MatchEtherType plain{{MatchEtherType::ip, MatchEtherType::ip6}, false};
  Packet packet = tcp();
  EXPECT_TRUE(holds(sets(), plain, packet));
  EXPECT_TRUE(holds(sets(), plain, tcp6()));
  packet.ether_type = MatchEtherType::vlan;
  EXPECT_FALSE(holds(sets(), plain, packet));
  EXPECT_TRUE(holds(sets(), MatchEtherType{plain.types, true}, packet));
}

TEST(Simulate, ADispatchByInterface_GoesByItsIndex) {
  Table table;
  table.name = "selvedge";
  table.family = TableFamily::bridge;
  table.maps["ports"] = {interface_type(), "", {{key_of_interface(7), Drop{}}, {key_of_interface(0x700), Accept{}}}};
  table.chains["base"] = {Base{Hook::prerouting, 0}, {Rule{{}, "", DispatchInterface{"ports"}, ""}}};
  ASSERT_TRUE(validate(table).empty());
  Packet packet = tcp();
  packet.hook = Hook::prerouting;
  packet.in_index = 7;
  EXPECT_FALSE(simulate(table, packet).accepted);
  for (const std::uint32_t other : {0U, 8U, 0x700U, 0x07000000U}) {
    packet.in_index = other;
    EXPECT_TRUE(simulate(table, packet).accepted) << other;
  }
}

}  // namespace
}  // namespace selvedge::nft
