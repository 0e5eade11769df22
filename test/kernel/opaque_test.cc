// What others put into our table with the `nft` program, and we do not model: it
// comes back as Opaque, once and in its place, and the rest still decodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kernel/sample_rules.h"

namespace selvedge::nft {
namespace {

using test::dump_of;
using test::in_fresh_namespace;
using test::open_backend;

struct Intrusion {
  const char* name;
  const char* command;  // to nft
  Opaque::Where where;
  const char* owner;
};

class Intruder : public test::KernelTest, public testing::WithParamInterface<Intrusion> {};

TEST_P(Intruder, IsOpaque_AndTheRestDecodes) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    const Table table = test::table_with({Rule{{MatchPort{6, {{80, 80}, {90, 99}}}}, "", Accept{}, "ours"}});
    test::commit_table(backend, table);
    test::nft(GetParam().command);
    const Dump dump = dump_of(backend);
    ASSERT_EQ(dump.opaque.size(), 1U);
    const Opaque& opaque = dump.opaque[0];
    EXPECT_EQ(opaque.where, GetParam().where) << opaque.what;
    EXPECT_EQ(opaque.owner, GetParam().owner) << opaque.what;
    EXPECT_FALSE(opaque.raw.empty());
    EXPECT_FALSE(opaque.what.empty());
    EXPECT_TRUE(dump.table == table);
    if (opaque.where == Opaque::Where::element) return;
    EXPECT_NE(opaque.handle, 0U);
    if (opaque.where != Opaque::Where::rule) return;
    test::nft("delete rule inet selvedge rules handle " + std::to_string(opaque.handle));
    EXPECT_TRUE(dump_of(backend).opaque.empty());
  });
}

constexpr Intrusion rule(const char* name, const char* command) {
  return {name, command, Opaque::Where::rule, "rules"};
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Intruder,
    testing::Values(rule("Limit", "add rule inet selvedge rules tcp flags syn limit rate 1/second accept"),
                    rule("Mark", "insert rule inet selvedge rules meta mark 1 drop"),
                    rule("NegatedAddress", "add rule inet selvedge rules ip saddr != 10.0.0.1 accept"),
                    rule("NegatedSet", "add rule inet selvedge rules ip saddr != @peers-v4 accept"),
                    rule("AnonymousAddresses", "add rule inet selvedge rules ip saddr '{ 10.0.0.1, 10.0.0.2 }' accept"),
                    rule("AnonymousMap", "add rule inet selvedge rules tcp dport vmap '{ 80 : accept, 81 : drop }'"),
                    rule("NegatedPorts", "add rule inet selvedge rules tcp dport != '{ 80, 90-95 }' accept"),
                    rule("SourcePort", "add rule inet selvedge rules tcp sport 80 accept"),
                    rule("OtherProtocolWithPorts", "add rule inet selvedge rules udplite dport 80 accept"),
                    rule("AddressRange", "add rule inet selvedge rules ip saddr 10.0.0.1-10.0.0.9 accept"),
                    rule("SparseMask", "add rule inet selvedge rules ip saddr and 255.0.255.0 == 10.0.1.0 accept"),
                    rule("NeverMatchingMask", "add rule inet selvedge rules ip saddr and 255.0.0.0 == 10.1.0.0 accept"),
                    rule("InterfaceWildcard", "add rule inet selvedge rules iifname 'cni*' accept"),
                    rule("CtStateExactly", "add rule inet selvedge rules ct state == established accept"),
                    rule("CtDirection", "add rule inet selvedge rules ct direction original accept"),
                    rule("FibOutputInterface", "add rule inet selvedge rules fib saddr oif 0 drop"),
                    rule("FibManyTypes", "add rule inet selvedge rules fib daddr type '{ local, broadcast }' drop"),
                    rule("AnonymousCounter", "add rule inet selvedge rules counter accept"),
                    rule("CounterWithoutVerdict", "add rule inet selvedge rules counter name deny-a"),
                    rule("Log", "add rule inet selvedge rules log group 7 accept"),
                    rule("LogAlone", "add rule inet selvedge rules log group 7 prefix x"),
                    rule("LogToTheKernel", "add rule inet selvedge rules limit rate 1/second log prefix x"),
                    rule("LogWithoutPrefix", "add rule inet selvedge rules limit rate 1/second log group 7"),
                    rule("LogOfSomeBytes",
                         "add rule inet selvedge rules limit rate 1/second log group 7 prefix x "
                         "snaplen 64"),
                    rule("LogInBatches",
                         "add rule inet selvedge rules limit rate 1/second log group 7 prefix x "
                         "queue-threshold 8"),
                    rule("LogAndVerdict", "add rule inet selvedge rules limit rate 1/second log group 7 prefix x drop"),
                    rule("LogByTheMinute", "add rule inet selvedge rules limit rate 1/minute log group 7 prefix x"),
                    rule("LogOfTheRest", "add rule inet selvedge rules limit rate over 1/second log group 7 prefix x"),
                    rule("LogByBytes", "add rule inet selvedge rules limit rate 1 kbytes/second log group 7 prefix x"),
                    rule("Reject", "add rule inet selvedge rules reject"),
                    rule("Continue", "add rule inet selvedge rules continue"),
                    rule("MarkSet", "add rule inet selvedge rules meta mark set 1 accept"),
                    rule("SourceEndpoint",
                         "add rule inet selvedge rules ip saddr . meta l4proto . th dport @named-v4 accept"),
                    rule("HopLimitLess", "add rule inet selvedge rules ip6 hoplimit lt 255 accept"),
                    rule("TimeToLive", "add rule inet selvedge rules ip ttl 255 accept"),
                    rule("Quota", "add rule inet selvedge rules quota 1 mbytes drop")),
    [](const auto& intrusion) { return std::string(intrusion.param.name); });

using Where = Opaque::Where;
INSTANTIATE_TEST_SUITE_P(
    Objects, Intruder,
    testing::Values(
        Intrusion{"SetWithTimeout", "add set inet selvedge alien '{ type ipv4_addr; timeout 1h; }'", Where::set,
                  "alien"},
        Intrusion{"DynamicSet", "add set inet selvedge alien '{ type ipv4_addr; flags dynamic; }'", Where::set,
                  "alien"},
        Intrusion{"BoundedSet", "add set inet selvedge alien '{ type ipv4_addr; size 9; }'", Where::set, "alien"},
        Intrusion{"CountingSet", "add set inet selvedge alien '{ type ipv4_addr; counter; }'", Where::set, "alien"},
        Intrusion{"SetOfMarks", "add set inet selvedge alien '{ type mark; }'", Where::set, "alien"},
        Intrusion{"SetOfPorts", "add set inet selvedge alien '{ type inet_service; }'", Where::set, "alien"},
        Intrusion{"ConcatenatedIntervals",
                  "add set inet selvedge alien '{ type ipv4_addr . inet_service; flags interval; "
                  "elements = { 10.0.0.0/8 . 1-9 } }'",
                  Where::set, "alien"},
        Intrusion{"MapToAddresses",
                  "add map inet selvedge alien '{ type ipv4_addr : ipv4_addr; elements = { 10.0.0.1 : 10.0.0.2 } }'",
                  Where::set, "alien"},
        Intrusion{"MapToCounters", "add map inet selvedge alien '{ type ipv4_addr : counter; }'", Where::set, "alien"},
        Intrusion{"MapOfIntervals", "add map inet selvedge alien '{ type ipv4_addr : verdict; flags interval; }'",
                  Where::set, "alien"},
        Intrusion{"ChainThatDrops",
                  "add chain inet selvedge alien '{ type filter hook forward priority 0; policy drop; }'", Where::chain,
                  "alien"},
        Intrusion{"ChainOnPrerouting", "add chain inet selvedge alien '{ type filter hook prerouting priority 0; }'",
                  Where::chain, "alien"},
        Intrusion{"ChainOfNat", "add chain inet selvedge alien '{ type nat hook postrouting priority 0; }'",
                  Where::chain, "alien"},
        Intrusion{"QuotaObject", "add quota inet selvedge alien '{ over 1 mbytes; }'", Where::object, "alien"},
        Intrusion{"LimitObject", "add limit inet selvedge alien '{ rate 1/second; }'", Where::object, "alien"}),
    [](const auto& intrusion) { return std::string(intrusion.param.name); });

class Opaqueness : public test::KernelTest {};

// Opaque rules between ours leave the order of ours as it is.
TEST_F(Opaqueness, OfARuleBetweenOthers) {
  in_fresh_namespace([] {
    test::nft_load(
        "table inet selvedge {\n\tchain c {\n\t\ttcp dport 1 accept\n\t\tmeta mark 7 drop\n\t\ttcp dport 2 "
        "accept\n\t}\n}\n");
    auto backend = open_backend();
    const Dump dump = dump_of(backend);
    ASSERT_EQ(dump.table.chains.at("c").rules.size(), 2U);
    EXPECT_EQ(dump.table.chains.at("c").rules[0].matches[0], Match(MatchPort{6, {{1, 1}}}));
    EXPECT_EQ(dump.table.chains.at("c").rules[1].matches[0], Match(MatchPort{6, {{2, 2}}}));
    EXPECT_EQ(dump.opaque.size(), 1U);
  });
}

TEST_F(Opaqueness, OfTheRulesInAChainThatIsNotOurs) {
  in_fresh_namespace([] {
    test::nft_load(
        "table inet selvedge {\n\tchain alien {\n\t\ttype filter hook prerouting priority 0\n\t\ttcp dport 1 "
        "accept\n\t}\n}\n");
    auto backend = open_backend();
    const Dump dump = dump_of(backend);
    EXPECT_TRUE(dump.table.chains.empty());
    ASSERT_EQ(dump.opaque.size(), 2U);
    EXPECT_EQ(dump.opaque[0].where, Opaque::Where::chain);
    EXPECT_EQ(dump.opaque[1].where, Opaque::Where::rule);
    EXPECT_EQ(dump.opaque[1].owner, "alien");
  });
}

// nft makes a set dynamic for such a rule.
TEST_F(Opaqueness, OfARuleThatFillsASet_AndOfTheSet) {
  in_fresh_namespace([] {
    auto backend = open_backend();
    test::commit_table(backend, test::table_with({}));
    test::nft("add rule inet selvedge rules add @empty-v4 '{ ip saddr }'");
    const Dump dump = dump_of(backend);
    ASSERT_EQ(dump.opaque.size(), 2U);
    EXPECT_EQ(dump.opaque[0].where, Opaque::Where::set);
    EXPECT_EQ(dump.opaque[0].owner, "empty-v4");
    EXPECT_EQ(dump.opaque[1].where, Opaque::Where::rule);
    EXPECT_FALSE(dump.table.sets.contains("empty-v4"));
  });
}

// nft merges nothing in a set without auto-merge; the dump says what there is.
TEST_F(Opaqueness, IsNotThatOfAdjacentIntervals) {
  in_fresh_namespace([] {
    test::nft_load(
        "table inet selvedge {\n\tset s {\n\t\ttype ipv4_addr\n\t\tflags interval\n"
        "\t\telements = { 10.0.0.0/25, 10.0.0.128/25 }\n\t}\n}\n");
    auto backend = open_backend();
    const Dump dump = dump_of(backend);
    EXPECT_TRUE(dump.opaque.empty());
    EXPECT_THAT(dump.table.sets.at("s").elements,
                testing::ElementsAre(test::span("10.0.0.0", "10.0.0.127"), test::span("10.0.0.128", "10.0.0.255")));
  });
}

// Comments that we never write say nothing about what packets meet.
TEST_F(Opaqueness, IsNotThatOfComments) {
  in_fresh_namespace([] {
    test::nft_load(
        "table inet selvedge {\n\tcomment \"t\"\n\tset s {\n\t\ttype ipv4_addr\n"
        "\t\telements = { 10.0.0.1 comment \"e\" }\n\t}\n\tchain c {\n\t\tcomment \"c\"\n\t}\n}\n");
    auto backend = open_backend();
    const Dump dump = dump_of(backend);
    EXPECT_TRUE(dump.opaque.empty());
    EXPECT_EQ(dump.table.sets.at("s").elements.size(), 1U);
  });
}

}  // namespace
}  // namespace selvedge::nft
