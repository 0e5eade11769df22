// What log statements tell of packets, with the kernel's own: rules of a table of this test log what goes over
// loopback.
#include <poll.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "controller/denial_prefix.h"
#include "nft/nflog_listener.h"
#include "nft/packet_head.h"
#include "test/kernel/namespace.h"

namespace selvedge::nft {
namespace {

using NflogTest = test::KernelTest;

constexpr nflog::Listening quick{.group = 100, .copied = 128, .threshold = 1, .centiseconds = 1};

NflogListener open_listener(const nflog::Listening& listening = quick, int buffer = 4 * 1024 * 1024) {
  auto listener = NflogListener::open(listening, buffer);
  if (!listener) throw std::runtime_error(listener.error().message);
  return std::move(*listener);
}

// Every packet that comes in by loopback to a port of UDP is logged, and dropped.
void log_packets(const std::string& prefix) {
  test::run("ip link set lo up");
  test::nft_load(
      "table inet logging { chain in { type filter hook input priority 0;\n"
      "  udp dport 1-65535 log group 100 prefix \"" +
      prefix +
      "\" drop\n"
      "  icmp type echo-request log group 100 prefix \"" +
      prefix +
      "\" drop\n"
      "  icmpv6 type echo-request log group 100 prefix \"" +
      prefix + "\" drop\n }\n}\n");
}

// Until there are `wanted`, or for ten seconds.
Heard hear(NflogListener& listener, std::size_t wanted) {
  Heard all;
  pollfd ready{.fd = listener.fd(), .events = POLLIN, .revents = 0};
  while (all.packets.size() < wanted && poll(&ready, 1, 10'000) > 0) {
    auto some = listener.take();
    if (!some) throw std::runtime_error(some.error().message);
    all.lost += some->lost;
    all.packets.insert(all.packets.end(), some->packets.begin(), some->packets.end());
  }
  return all;
}

TEST_F(NflogTest, ALoggedPacket_ComesWithPrefixInterfaceTimeAndItsHead) {
  test::in_fresh_namespace([] {
    const std::string prefix = "selvedge deny egress abcdefghijklmnop-production/api-0";
    log_packets(prefix);
    auto listener = open_listener();
    const auto before = std::chrono::system_clock::now() - std::chrono::hours(1);
    test::run("bash -c 'echo hello >/dev/udp/127.0.0.1/3000'; ping -c1 -W1 ::1 >/dev/null");
    const Heard heard = hear(listener, 2);
    ASSERT_EQ(heard.packets.size(), 2U);
    EXPECT_EQ(heard.lost, 0U);
    for (const LoggedPacket& packet : heard.packets) {
      EXPECT_EQ(packet.prefix, prefix);
      EXPECT_EQ(packet.in, "lo");
      EXPECT_EQ(packet.out, "");
      EXPECT_GT(packet.time, before);
      EXPECT_LT(packet.time, std::chrono::system_clock::now() + std::chrono::hours(1));
      EXPECT_TRUE(parse_denial_prefix(packet.prefix));
    }
    const auto udp = read_packet_head(heard.packets[0].bytes);
    ASSERT_TRUE(udp) << udp.error();
    EXPECT_EQ(to_string(udp->destination), "127.0.0.1");
    EXPECT_EQ(udp->destination_port, 3000);
    const auto ping = read_packet_head(heard.packets[1].bytes);
    ASSERT_TRUE(ping) << ping.error();
    EXPECT_EQ(ping->protocol, 58);
    EXPECT_EQ(ping->icmp_type, 128);
  });
}

TEST_F(NflogTest, OfALongPacket_OnlyTheBeginningIsCopied) {
  test::in_fresh_namespace([] {
    log_packets("selvedge vxlan");
    auto listener = open_listener();
    test::run("ping -c1 -W1 -s 1400 127.0.0.1 >/dev/null");
    const Heard heard = hear(listener, 1);
    ASSERT_EQ(heard.packets.size(), 1U);
    EXPECT_EQ(heard.packets[0].bytes.size(), 128U);
    EXPECT_EQ(read_packet_head(heard.packets[0].bytes)->length, 1428U);
  });
}

TEST_F(NflogTest, WhatDoesNotFitIntoTheBuffer_IsCounted_AndListeningGoesOn) {
  test::in_fresh_namespace([] {
    log_packets("selvedge guard ingress");
    auto listener = open_listener(quick, 4096);
    test::run("bash -c 'for i in {1..400}; do echo hello >/dev/udp/127.0.0.1/53; done'");
    Heard flood = hear(listener, 1);
    test::run("bash -c 'echo hello >/dev/udp/127.0.0.1/54'");
    const Heard after = hear(listener, 1);
    ASSERT_FALSE(after.packets.empty());
    EXPECT_EQ(read_packet_head(after.packets.back().bytes)->destination_port, 54);
    EXPECT_GT(flood.lost + after.lost, 0U);
    EXPECT_EQ(flood.packets.size() + after.packets.size() + flood.lost + after.lost, 401U);
  });
}

TEST_F(NflogTest, AGroupThatSomebodyHears_IsRefused_AndTheErrorSaysWhoMayHaveIt) {
  test::in_fresh_namespace([] {
    const auto first = open_listener();
    const auto second = NflogListener::open(quick);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Error::Kind::refused);
    EXPECT_NE(second.error().message.find("listening to group 100"), std::string::npos);
    EXPECT_NE(second.error().message.find("another program listens to that group"), std::string::npos);
    EXPECT_TRUE(NflogListener::open({.group = 101}));
  });
}

TEST_F(NflogTest, AGroupIsFreeAgain_WhenItsListenerIsGone) {
  test::in_fresh_namespace([] {
    { const auto first = open_listener(); }
    EXPECT_TRUE(NflogListener::open(quick));
  });
}

TEST_F(NflogTest, WithoutPrivilege_TheErrorNamesTheCapability) {
  test::in_fresh_namespace([] {
    __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct none[2]{};
    ASSERT_EQ(syscall(SYS_capset, &head, none), 0);
    const auto listener = NflogListener::open(quick);
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().kind, Error::Kind::denied);
    EXPECT_NE(listener.error().message.find("CAP_NET_ADMIN"), std::string::npos);
  });
}

}  // namespace
}  // namespace selvedge::nft
