// Tables of family bridge, which ask for a packet's family in another way than those of inet: what is committed
// is what is dumped, and what nft makes of its text is the same.
#include <gtest/gtest.h>

#include "nft/programmed.h"
#include "nft/validate.h"
#include "test/kernel/tables.h"

namespace selvedge::nft {
namespace {

using test::in_fresh_namespace;

constexpr Side source = Side::source;

Table bridge_table() {
  Table table;
  table.name = "selvedge";
  table.family = TableFamily::bridge;
  const auto prefix = [](const char* text) { return MatchAddress{source, *parse_prefix(text)}; };
  const auto rule = [](std::vector<Match> matches, Verdict verdict, const char* counter = "") {
    return Rule{.matches = std::move(matches), .counter = counter, .verdict = std::move(verdict), .comment = ""};
  };
  table.counters = {"deny-spoof"};
  table.sets["pods-v4"] = {address_type(Family::v4), false, "", {test::one(test::address("10.244.1.7"))}};
  table.maps["ports"] = {.type = interface_type(), .comment = "by port", .elements = {}};
  table.maps["ports"].elements = {{key_of_interface(7), Goto{"port-veth7"}}, {key_of_interface(0x1234567), Accept{}}};
  table.chains["port-veth7"].rules = {
      rule({MatchEtherType{{MatchEtherType::ip, MatchEtherType::arp, MatchEtherType::ip6}, true}}, Drop{},
           "deny-spoof"),
      rule({prefix("10.244.1.7/32")}, Accept{}),
      rule({prefix("fd00:244::7/128")}, Accept{}),
      rule({prefix("fe80::/10")}, Return{}),
      rule({MatchAddressSet{source, Family::v4, "pods-v4"}}, Drop{}),
      rule({prefix("0.0.0.0/32"), MatchPort{17, {{67, 67}}}}, Accept{}),
      rule({prefix("::/128"), MatchIcmpv6Type{{{133, 133}, {135, 135}}}, MatchHopLimit{255}}, Accept{}),
      rule({MatchEtherType{{0x0806, 0x88a8}, false}}, Accept{}),
      rule({MatchInterface{Way::in, "veth7", true}}, Return{}),
      rule({}, Drop{}, "deny-spoof"),
  };
  table.chains["from-ports"] = {Base{Hook::prerouting, -250}, {rule({}, DispatchInterface{"ports"})}};
  return table;
}

NetlinkBackend open_bridge_backend(bool own = false) {
  auto backend = NetlinkBackend::open({.own_table = own, .family = TableFamily::bridge});
  EXPECT_TRUE(backend) << backend.error().message;
  return *std::move(backend);
}

class BridgeTable : public test::KernelTest {};

TEST_F(BridgeTable, ComesBackAsItWasCommitted) {
  in_fresh_namespace([] {
    EXPECT_TRUE(validate(bridge_table()).empty());
    auto backend = open_bridge_backend();
    test::commit_table(backend, bridge_table());
    const Dump dump = test::dump_of(backend);
    EXPECT_EQ(to_text(dump.table), to_text(bridge_table()));
    EXPECT_TRUE(dump.table == bridge_table());
    for (const Opaque& opaque : dump.opaque) ADD_FAILURE() << opaque.owner << ": " << opaque.what;
  });
}

TEST_F(BridgeTable, LoadedAsText_IsDumpedAsTheSameTable_AndListsAlike) {
  std::string from_text, from_netlink;
  in_fresh_namespace([&] {
    test::nft_load(to_text(bridge_table()));
    from_text = test::nft("list table bridge selvedge");
    auto backend = open_bridge_backend();
    const Dump dump = test::dump_of(backend);
    EXPECT_EQ(to_text(dump.table), to_text(bridge_table()));
    EXPECT_TRUE(dump.opaque.empty());
  });
  in_fresh_namespace([&] {
    auto backend = open_bridge_backend();
    test::commit_table(backend, bridge_table());
    from_netlink = test::nft("list table bridge selvedge");
  });
  EXPECT_EQ(from_text, from_netlink);
}

// The two have one name; neither is taken for the other.
TEST_F(BridgeTable, LivesBesideTheInetTableOfItsName) {
  in_fresh_namespace([] {
    auto backend = open_bridge_backend();
    auto inet = test::open_backend();
    Table other;
    other.name = "selvedge";
    other.chains["egress"] = {Base{Hook::forward, -10}, {}};
    test::commit_table(inet, other);
    EXPECT_FALSE(*backend.dump("selvedge"));
    test::commit_table(backend, bridge_table());
    EXPECT_TRUE(test::dump_of(inet).table == other);
    ASSERT_TRUE(inet.commit("selvedge", {DeleteTable{}}));
    EXPECT_TRUE(test::dump_of(backend).table == bridge_table());
  });
}

TEST_F(BridgeTable, IsChangedInPlace_AndAForeignRuleInItIsNoticedAndRemoved) {
  in_fresh_namespace([] {
    auto backend = open_bridge_backend(true);
    Programmed programmed(backend, "selvedge", TableFamily::bridge);
    ASSERT_TRUE(programmed.adopt());
    ASSERT_TRUE(programmed.reconcile(bridge_table()));
    EXPECT_TRUE(programmed.equals(bridge_table()));
    Table wanted = bridge_table();
    wanted.chains.erase("port-veth7");
    wanted.maps["ports"].elements = {{key_of_interface(9), Goto{"port-veth9"}}};
    wanted.chains["port-veth9"].rules = bridge_table().chains["port-veth7"].rules;
    ASSERT_TRUE(programmed.reconcile(wanted));
    EXPECT_TRUE(test::dump_of(backend).table == wanted);
    EXPECT_TRUE(*programmed.check(Programmed::Depth::counts));
    EXPECT_TRUE(*programmed.check(Programmed::Depth::content));
  });
  in_fresh_namespace([] {
    auto backend = open_bridge_backend();
    Programmed programmed(backend, "selvedge", TableFamily::bridge);
    ASSERT_TRUE(programmed.adopt());
    ASSERT_TRUE(programmed.reconcile(bridge_table()));
    test::nft("insert rule bridge selvedge from-ports accept");
    EXPECT_FALSE(*programmed.check(Programmed::Depth::counts));
    ASSERT_TRUE(programmed.adopt());
    ASSERT_TRUE(programmed.reconcile(bridge_table()));
    EXPECT_TRUE(test::dump_of(backend).table == bridge_table());
  });
}

TEST_F(BridgeTable, AnErrorNamesItsFamily) {
  in_fresh_namespace([] {
    auto backend = open_bridge_backend();
    const auto refused = backend.commit("selvedge", {DeleteChain{"absent"}});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("table bridge selvedge: "), std::string::npos) << refused.error().message;
  });
}

}  // namespace
}  // namespace selvedge::nft
