// Each alternative of Match and Verdict, and each form that one takes, alone in a rule.
#pragma once

#include <string>
#include <vector>

#include "test/kernel/tables.h"

namespace selvedge::test {

struct SampleRule {
  std::string name;  // as a test's name
  nft::Rule rule;
};

inline nft::Prefix prefix(const char* text) {
  return *nft::parse_prefix(text);
}

inline std::vector<SampleRule> sample_matches() {
  using namespace nft;  // NOLINT: a table of rules
  constexpr Side source = Side::source, destination = Side::destination;
  const auto sample = [](const char* name, std::vector<Match> matches) {
    return SampleRule{name, {.matches = std::move(matches), .counter = "", .verdict = Accept{}, .comment = ""}};
  };
  return {
      sample("NoMatch", {}),
      sample("FamilyV4", {MatchFamily{Family::v4}}),
      sample("FamilyV6", {MatchFamily{Family::v6}}),
      sample("Protocol", {MatchProtocol{132}}),
      sample("FamilyAndProtocol", {MatchFamily{Family::v4}, MatchProtocol{17}}),
      sample("PrefixOfWholeBytes", {MatchAddress{source, prefix("10.244.0.0/16")}}),
      sample("PrefixWithinAByte", {MatchAddress{destination, prefix("10.244.128.0/19")}}),
      sample("HostPrefix", {MatchAddress{destination, prefix("10.244.1.7/32")}}),
      sample("EmptyPrefix", {MatchAddress{source, prefix("0.0.0.0/0")}}),
      sample("PrefixV6OfWholeBytes", {MatchAddress{source, prefix("fd00:244::/48")}}),
      sample("PrefixV6WithinAByte", {MatchAddress{destination, prefix("fe80::/10")}}),
      sample("HostPrefixV6", {MatchAddress{source, prefix("fd00::1/128")}}),
      sample("EmptyPrefixV6", {MatchAddress{destination, prefix("::/0")}}),
      sample("AddressSet", {MatchAddressSet{source, Family::v4, "peers-v4"}}),
      sample("AddressSetV6", {MatchAddressSet{destination, Family::v6, "peers-v6"}}),
      sample("AddressSetOfIntervals", {MatchAddressSet{destination, Family::v4, "block-v4"}}),
      sample("EndpointSet", {MatchEndpointSet{Family::v4, "named-v4"}}),
      sample("EndpointSetV6", {MatchEndpointSet{Family::v6, "named-v6"}}),
      sample("OnePort", {MatchPort{6, {{80, 80}}}}),
      sample("PortRange", {MatchPort{17, {{8000, 8100}}}}),
      sample("AllPorts", {MatchPort{132, {{0, 65535}}}}),
      sample("Ports", {MatchPort{6, {{80, 80}, {443, 443}}}}),
      sample("PortsAndRanges", {MatchPort{6, {{0, 10}, {80, 80}, {8000, 65535}}}}),
      sample("PortsToTheTop", {MatchPort{6, {{80, 80}, {90, 91}, {65535, 65535}}}}),
      sample("CtState", {MatchCtState{MatchCtState::established | MatchCtState::related}}),
      sample("CtStateAll", {MatchCtState{79}}),
      sample("InputInterface", {MatchInterface{Way::in, "cni0", false}}),
      sample("OutputInterfaceNot", {MatchInterface{Way::out, "veth0123456789a", true}}),
      sample("OneIcmpv6Type", {MatchIcmpv6Type{{{135, 135}}}}),
      sample("Icmpv6TypeRange", {MatchIcmpv6Type{{{133, 137}}}}),
      sample("Icmpv6Types", {MatchIcmpv6Type{{{130, 132}, {143, 143}}}}),
      sample("Icmpv6SingleTypes", {MatchIcmpv6Type{{{130, 130}, {255, 255}}}}),
      sample("HopLimit", {MatchHopLimit{255}}),
      sample("NeighbourDiscovery", {MatchIcmpv6Type{{{133, 137}}}, MatchHopLimit{255}}),
      sample("NeighbourDiscoveryReversed", {MatchHopLimit{255}, MatchIcmpv6Type{{{133, 137}}}}),
      sample("Midstream", {MatchMidstream{}}),
      sample("MidstreamOfAFamily", {MatchFamily{Family::v6}, MatchMidstream{}}),
      sample("MidstreamAndPort", {MatchPort{6, {{80, 80}}}, MatchMidstream{}}),
      sample("FibType", {MatchFibType{destination, MatchFibType::multicast, false}}),
      sample("FibTypeNot", {MatchFibType{source, MatchFibType::local, true}}),
      sample("PeersAndPort", {MatchAddressSet{source, Family::v4, "peers-v4"}, MatchPort{6, {{80, 80}}}}),
      sample("PortThenPeers", {MatchPort{6, {{80, 80}, {90, 95}}}, MatchAddressSet{source, Family::v4, "peers-v4"}}),
      sample("TwoAddresses",
             {MatchAddress{source, prefix("10.0.0.0/8")}, MatchAddressSet{destination, Family::v4, "block-v4"}}),
  };
}

inline std::vector<SampleRule> sample_rules() {
  using namespace nft;  // NOLINT: a table of rules
  const auto sample = [](const char* name, Verdict verdict, const char* counter = "", const char* comment = "") {
    return SampleRule{name, {.matches = {}, .counter = counter, .verdict = std::move(verdict), .comment = comment}};
  };
  std::vector<SampleRule> samples = sample_matches();
  samples.push_back(sample("Drop", Drop{}));
  samples.push_back(sample("Return", Return{}));
  samples.push_back(sample("Jump", Jump{"policy-a/b"}));
  samples.push_back(sample("Goto", Goto{"policy-a/b"}));
  samples.push_back(sample("Dispatch", Dispatch{Side::source, Family::v4, "egress-v4"}));
  samples.push_back(sample("DispatchV6", Dispatch{Side::destination, Family::v6, "ingress-v6"}));
  const auto log = [](std::uint16_t group, std::string prefix) { return Log{10, 20, group, std::move(prefix)}; };
  samples.push_back(sample("Log", log(100, "selvedge deny egress abcdefghijklmnop-a/b")));
  samples.push_back(sample("LogLongest", log(0, std::string(127, 'x'))));
  samples.push_back(sample("LogBesideACounter", Log{100'000, 1, 65535, "x"}, "deny-a", "both"));
  samples.push_back(sample("Counter", Drop{}, "deny-a"));
  samples.push_back(sample("Comment", Accept{}, "", "production/api ingress[0] from[1]"));
  samples.push_back(sample("CounterAndDispatch", Dispatch{Side::source, Family::v4, "egress-v4"}, "deny-a", "both"));
  SampleRule after_port = sample("DispatchAfterPort", Dispatch{Side::source, Family::v4, "egress-v4"});
  after_port.rule.matches = {MatchPort{6, {{80, 80}}}};
  samples.push_back(std::move(after_port));
  return samples;
}

// All that the samples refer to, and `rules` in the chain `rules`.
inline nft::Table table_with(std::vector<nft::Rule> rules) {
  using namespace nft;  // NOLINT: a table
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-a"};
  const auto set = [](KeyType type, std::vector<Element> elements, bool interval = false, const char* comment = "") {
    return Set{.type = std::move(type), .interval = interval, .comment = comment, .elements = std::move(elements)};
  };
  const KeyType v4 = address_type(Family::v4), v6 = address_type(Family::v6);
  const Address pod4 = *parse_address("10.244.1.7"), pod6 = *parse_address("fd00:244::7");
  table.sets["peers-v4"] = set(v4, {span("10.244.1.7", "10.244.1.7"), span("10.244.2.9", "10.244.2.9")});
  table.sets["peers-v6"] = set(v6, {span("fd00:244::7", "fd00:244::7")}, false, "app=api");
  table.sets["empty-v4"] = set(v4, {});
  table.sets["block-v4"] = set(v4,
                               {span("0.0.0.0", "9.255.255.255"), span("203.0.113.5", "203.0.113.5"),
                                span("203.0.113.7", "203.0.113.9"), span("255.255.255.0", "255.255.255.255")},
                               true);
  table.sets["all-v4"] = set(v4, {span("0.0.0.0", "255.255.255.255")}, true);
  table.sets["top-v4"] = set(v4, {span("255.255.255.255", "255.255.255.255")}, true);
  table.sets["bottom-v4"] = set(v4, {span("0.0.0.0", "0.0.0.0")}, true);
  table.sets["all-v6"] = set(v6, {span("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}, true);
  table.sets["block-v6"] = set(
      v6, {span("::1", "::1"), span("fd00::", "fd00::ffff"), span("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
      true);
  table.sets["named-v4"] = set(endpoint_type(Family::v4), {one(key_of(pod4, 6, 80)), one(key_of(pod4, 17, 53))});
  table.sets["named-v6"] = set(endpoint_type(Family::v6), {one(key_of(pod6, 6, 8080))}, false, "port http");
  table.maps["egress-v4"] = {.type = v4, .comment = "isolated", .elements = {}};
  table.maps["egress-v4"].elements = {{address("10.244.1.7"), Goto{"policy-a/b"}}, {address("10.244.1.8"), Drop{}}};
  table.maps["ingress-v6"] = {.type = v6, .comment = "", .elements = {}};
  table.maps["ingress-v6"].elements = {{address("fd00:244::7"), Jump{"policy-a/b"}},
                                       {address("fd00:244::8"), Accept{}},
                                       {address("fd00:244::9"), Return{}}};
  table.chains["policy-a/b"] = {};
  table.chains["egress"] = {.base = Base{Hook::forward, -10}, .rules = {}};
  table.chains["to-node"] = {.base = Base{Hook::input, 5}, .rules = {}};
  table.chains["rules"] = {.base = {}, .rules = std::move(rules)};
  return table;
}

}  // namespace selvedge::test
