// The text of tables: one golden for each alternative, whole, and what hostile names and comments become.
#include "nft/text.h"

#include <gtest/gtest.h>

#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

Address address(std::string_view text) {
  return parse_address(text).value();
}
Prefix prefix(std::string_view text) {
  return parse_prefix(text).value();
}
Key key(std::string_view text) {
  return key_of(address(text));
}
Element element(std::string_view first, std::string_view last) {
  return {key(first), key(last)};
}
Element element(std::string_view only) {
  return element(only, only);
}

std::string words(Match match) {
  return to_text(Rule{{std::move(match)}, "", Accept{}, ""});
}
std::string words(Verdict verdict) {
  return to_text(Rule{{}, "", std::move(verdict), ""});
}

TEST(RuleText, SpellsEachMatchAsNftLists) {
  EXPECT_EQ(words(MatchFamily{Family::v4}), "meta nfproto ipv4 accept");
  EXPECT_EQ(words(MatchFamily{Family::v6}), "meta nfproto ipv6 accept");
  EXPECT_EQ(words(MatchProtocol{6}), "meta l4proto tcp accept");
  EXPECT_EQ(words(MatchProtocol{47}), "meta l4proto 47 accept");
  EXPECT_EQ(words(MatchAddress{Side::source, prefix("10.0.0.0/8")}), "ip saddr 10.0.0.0/8 accept");
  EXPECT_EQ(words(MatchAddress{Side::destination, prefix("10.0.0.1/32")}), "ip daddr 10.0.0.1 accept");
  EXPECT_EQ(words(MatchAddress{Side::source, prefix("fe80::/10")}), "ip6 saddr fe80::/10 accept");
  EXPECT_EQ(words(MatchAddress{Side::source, prefix("::/0")}), "ip6 saddr ::/0 accept");
  EXPECT_EQ(words(MatchAddressSet{Side::source, Family::v4, "peers-v4"}), "ip saddr @peers-v4 accept");
  EXPECT_EQ(words(MatchAddressSet{Side::destination, Family::v6, "peers-v6"}), "ip6 daddr @peers-v6 accept");
  EXPECT_EQ(words(MatchEndpointSet{Family::v4, "named-v4"}), "ip daddr . meta l4proto . th dport @named-v4 accept");
  EXPECT_EQ(words(MatchEndpointSet{Family::v6, "named-v6"}), "ip6 daddr . meta l4proto . th dport @named-v6 accept");
  EXPECT_EQ(words(MatchPort{6, {{80, 80}}}), "tcp dport 80 accept");
  EXPECT_EQ(words(MatchPort{17, {{8000, 8100}}}), "udp dport 8000-8100 accept");
  EXPECT_EQ(words(MatchPort{132, {{80, 80}, {8000, 8100}}}), "sctp dport { 80, 8000-8100 } accept");
  EXPECT_EQ(words(MatchCtState{MatchCtState::established | MatchCtState::related}),
            "ct state established,related accept");
  EXPECT_EQ(words(MatchCtState{MatchCtState::fresh | MatchCtState::untracked | MatchCtState::invalid}),
            "ct state invalid,new,untracked accept");
  EXPECT_EQ(words(MatchCtState{MatchCtState::fresh | MatchCtState::related}), "ct state related,new accept");
  EXPECT_EQ(words(MatchInterface{Way::in, "cni0", true}), "iifname != \"cni0\" accept");
  EXPECT_EQ(words(MatchInterface{Way::out, "cni0", false}), "oifname \"cni0\" accept");
  EXPECT_EQ(words(MatchIcmpv6Type{{{130, 132}, {143, 143}}}), "icmpv6 type { 130-132, 143 } accept");
  EXPECT_EQ(words(MatchIcmpv6Type{{{133, 137}}}), "icmpv6 type 133-137 accept");
  EXPECT_EQ(words(MatchHopLimit{255}), "ip6 hoplimit 255 accept");
  EXPECT_EQ(words(MatchMidstream{}), "tcp flags != syn / fin,syn,rst,ack accept");
  EXPECT_EQ(words(MatchFibType{Side::destination, MatchFibType::multicast, false}), "fib daddr type multicast accept");
  EXPECT_EQ(words(MatchFibType{Side::source, MatchFibType::local, true}), "fib saddr type != local accept");
}

TEST(RuleText, SpellsEachVerdict) {
  EXPECT_EQ(words(Verdict{Accept{}}), "accept");
  EXPECT_EQ(words(Verdict{Drop{}}), "drop");
  EXPECT_EQ(words(Verdict{Return{}}), "return");
  EXPECT_EQ(words(Verdict{Jump{"policy-a"}}), "jump policy-a");
  EXPECT_EQ(words(Verdict{Goto{"pod-a"}}), "goto pod-a");
  EXPECT_EQ(words(Verdict{Dispatch{Side::source, Family::v4, "egress-v4"}}), "ip saddr vmap @egress-v4");
  EXPECT_EQ(words(Verdict{Dispatch{Side::destination, Family::v6, "ingress-v6"}}), "ip6 daddr vmap @ingress-v6");
}

TEST(RuleText, PutsMatchesCounterVerdictAndCommentInThisOrder) {
  EXPECT_EQ(to_text(Rule{{MatchAddressSet{Side::source, Family::v4, "peers"}, MatchPort{6, {{80, 80}}}},
                         "deny-a",
                         Drop{},
                         "production/api ingress[0] from[1]"}),
            "ip saddr @peers tcp dport 80 counter name \"deny-a\" drop comment \"production/api ingress[0] from[1]\"");
}

TEST(ElementText, IsAPrefixWhereItIsOne_ElseBothEnds) {
  const auto v4 = address_type(Family::v4);
  const auto v6 = address_type(Family::v6);
  EXPECT_EQ(to_text(v4, element("10.0.0.5")), "10.0.0.5");
  EXPECT_EQ(to_text(v4, element("10.0.0.0", "10.0.0.255")), "10.0.0.0/24");
  EXPECT_EQ(to_text(v4, element("10.0.0.5", "10.0.0.9")), "10.0.0.5-10.0.0.9");
  EXPECT_EQ(to_text(v4, element("0.0.0.0", "255.255.255.255")), "0.0.0.0/0");
  EXPECT_EQ(to_text(v6, element("fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), "fd00::/8");
  EXPECT_EQ(to_text(v6, element("::1", "::2")), "::1-::2");
}

TEST(ElementText, JoinsTheFieldsOfAnEndpoint) {
  const auto web = key_of(address("10.0.0.5"), 6, 80);
  const auto dns = key_of(address("fd00::5"), 17, 53);
  const auto odd = key_of(address("fd00::5"), 99, 65535);
  EXPECT_EQ(to_text(endpoint_type(Family::v4), {web, web}), "10.0.0.5 . tcp . 80");
  EXPECT_EQ(to_text(endpoint_type(Family::v6), {dns, dns}), "fd00::5 . udp . 53");
  EXPECT_EQ(to_text(endpoint_type(Family::v6), {odd, odd}), "fd00::5 . 99 . 65535");
}

TEST(ElementText, OfATypeThatAKeyCannotHold_StaysWithinTheKey) {
  const KeyType wide(100, Field::ipv6_addr);
  EXPECT_EQ(to_text(wide, element("::1")), "::1");
}

Table sample() {
  Table table;
  table.name = "selvedge";
  table.counters = {"deny-ingress-A-shop/api"};
  table.sets["peers-A-v4"] = {
      address_type(Family::v4), false, "app=web of shop", {element("10.0.0.5"), element("10.0.0.7")}};
  table.sets["block-A-v4"] = {address_type(Family::v4), true, "", {element("10.0.0.0", "10.255.255.255")}};
  table.sets["named-A-v6"] = {endpoint_type(Family::v6), false, "", {}};
  table.maps["ingress-v4"] = {address_type(Family::v4), "isolated", {{key("10.0.0.9"), Goto{"pod-A-shop/api"}}}};
  table.chains["a-base"] = {Base{Hook::forward, -5},
                            {Rule{{}, "", Dispatch{Side::destination, Family::v4, "ingress-v4"}, ""}}};
  table.chains["to-node"] = {Base{Hook::input, -150}, {}};
  table.chains["pod-A-shop/api"] = {std::nullopt,
                                    {Rule{{MatchAddressSet{Side::source, Family::v4, "peers-A-v4"}}, "", Accept{}, ""},
                                     Rule{{}, "deny-ingress-A-shop/api", Drop{}, "isolated"}}};
  return table;
}

TEST(TableText, HoldsEverything_RegularChainsBeforeBaseChains) {
  EXPECT_EQ(to_text(sample()), R"(table inet selvedge {
	counter deny-ingress-A-shop/api {
	}

	set block-A-v4 {
		type ipv4_addr
		flags interval
		elements = {
			10.0.0.0/8,
		}
	}

	set named-A-v6 {
		type ipv6_addr . inet_proto . inet_service
	}

	set peers-A-v4 {
		type ipv4_addr
		comment "app=web of shop"
		elements = {
			10.0.0.5,
			10.0.0.7,
		}
	}

	map ingress-v4 {
		type ipv4_addr : verdict
		comment "isolated"
		elements = {
			10.0.0.9 : goto pod-A-shop/api,
		}
	}

	chain pod-A-shop/api {
		ip saddr @peers-A-v4 accept
		counter name "deny-ingress-A-shop/api" drop comment "isolated"
	}

	chain a-base {
		type filter hook forward priority filter - 5; policy accept;
		ip daddr vmap @ingress-v4
	}

	chain to-node {
		type filter hook input priority -150; policy accept;
	}
}
)");
}

TEST(TableText, OfTheEmptyTable_IsATable) {
  Table table;
  table.name = "selvedge";
  EXPECT_EQ(to_text(table), "table inet selvedge {\n}\n");
}

TEST(TableText, NeverLetsHostileTextOutOfItsQuotes) {
  const std::string hostile = "x\" accept\n}\ndelete table inet other\n\t\x01\x7f\r";
  const Rule rule{{MatchInterface{Way::in, hostile, false}}, hostile, Jump{hostile}, hostile};
  const auto text = to_text(rule);
  EXPECT_EQ(std::count(text.begin(), text.end(), '"'), 6);  // interface, counter, comment
  EXPECT_EQ(text,
            "iifname \"x' accept?}?delete table inet other?????\" "
            "counter name \"x__accept___delete_table_inet_other_____\" "
            "jump x__accept___delete_table_inet_other_____ "
            "comment \"x' accept?}?delete table inet other?????\"");
}

TEST(TableText, NeverLetsAHostileNameBecomeSyntax) {
  const std::string hostile = "a; } table inet b {\n\"";
  Table table;
  table.name = hostile;
  table.counters = {hostile, ""};
  table.sets[hostile] = {address_type(Family::v4), false, hostile, {}};
  table.maps[hostile] = {address_type(Family::v4), hostile, {{key("10.0.0.1"), Goto{hostile}}}};
  table.chains[hostile].rules = {
      Rule{{MatchAddressSet{Side::source, Family::v4, hostile}, MatchEndpointSet{Family::v4, hostile}},
           "",
           Dispatch{Side::source, Family::v4, hostile},
           ""}};
  const auto text = to_text(table);
  EXPECT_EQ(text.find(hostile), std::string::npos);
  EXPECT_EQ(text.find(';'), text.find("; } table inet b {?'"));  // only within the quotes of the comments
  EXPECT_NE(text.find("chain a____table_inet_b____ {\n"), std::string::npos);
}

TEST(TableText, IsEqualForEqualTables_AndOnlyForThem) {
  for (const auto seed : test::seeds(30)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random once(seed);
    test::Random again(seed);
    const auto a = test::random_table(once);
    const auto b = test::random_table(once);
    EXPECT_EQ(to_text(a), to_text(test::random_table(again)));
    EXPECT_EQ(a == b, to_text(a) == to_text(b));
  }
}

}  // namespace
}  // namespace selvedge::nft
