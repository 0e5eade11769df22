// The kernel's table of connections, with real ones over loopback and written ones.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include <linux/capability.h>

#include "k8sclient/fd.h"
#include "nft/conntrack_table.h"
#include "test/kernel/namespace.h"
#include "test/support/conntrack_entries.h"

namespace selvedge::nft {
namespace {

using ConntrackTest = test::KernelTest;

Address at(const char* text) {
  return *parse_address(text);
}

ConntrackTable open_table() {
  auto table = ConntrackTable::open();
  if (!table) throw std::runtime_error(table.error().message);
  return std::move(*table);
}

std::vector<Connection> all_of(ConntrackTable& table, const std::optional<Address>& source = std::nullopt) {
  std::vector<Connection> all;
  const auto read = table.each([&](const Connection& one) { all.push_back(one); }, source);
  EXPECT_TRUE(read) << read.error().message;
  return all;
}

// Connections are tracked where a rule asks for it.
void track() {
  test::run("ip link set lo up && ip -6 route add fd00:96::/64 dev lo && ip route add 10.96.0.0/16 dev lo");
  test::nft_load(R"(table inet tracking {
    chain out { type nat hook output priority -100; policy accept;
      ip daddr 10.96.0.10 tcp dport 80 dnat ip to 127.0.0.1:3000
      ip6 daddr fd00:96::a tcp dport 80 dnat ip6 to [::1]:3000
    }
    chain in { type filter hook input priority 0; policy accept; ct state established accept; }
  })");
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const char* host, std::uint16_t port) {
  SocketAddress made;
  const Address address = at(host);
  if (address.family == Family::v4) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::copy_n(address.bytes.begin(), 4, reinterpret_cast<std::uint8_t*>(&v4->sin_addr));
    made.size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::copy_n(address.bytes.begin(), 16, reinterpret_cast<std::uint8_t*>(&v6->sin6_addr));
    made.size = sizeof *v6;
  }
  return made;
}

k8s::Fd listening(const char* host, std::uint16_t port, int type) {
  const SocketAddress here = socket_address(host, port);
  k8s::Fd open(socket(here.get()->sa_family, type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(open.get(), here.get(), here.size), 0) << std::strerror(errno);
  if (type == SOCK_STREAM) {
    EXPECT_EQ(listen(open.get(), 8), 0);
  }
  return open;
}

// A connection, or a datagram that was sent.
k8s::Fd reached(const char* host, std::uint16_t port, int type) {
  const SocketAddress there = socket_address(host, port);
  k8s::Fd open(socket(there.get()->sa_family, type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(open.get(), there.get(), there.size), 0) << host << ": " << std::strerror(errno);
  EXPECT_EQ(send(open.get(), "x", 1, 0), 1);
  return open;
}

const Connection* find(const std::vector<Connection>& all, std::uint8_t protocol, const char* to) {
  const auto found = std::ranges::find_if(all, [&](const Connection& one) {
    return one.original.protocol == protocol && one.original.destination == at(to);
  });
  return found == all.end() ? nullptr : &*found;
}

TEST_F(ConntrackTest, TellsRealConnections_OfEitherFamily_AndWhereNatLedThem) {
  test::in_fresh_namespace([] {
    track();
    ConntrackTable table = open_table();
    const auto v4 = listening("127.0.0.1", 3000, SOCK_STREAM), v6 = listening("::1", 3000, SOCK_STREAM);
    const auto direct = reached("127.0.0.1", 3000, SOCK_STREAM), direct6 = reached("::1", 3000, SOCK_STREAM);
    const auto service = reached("10.96.0.10", 80, SOCK_STREAM), service6 = reached("fd00:96::a", 80, SOCK_STREAM);
    const auto names = listening("127.0.0.1", 5353, SOCK_DGRAM);
    const auto asked = reached("127.0.0.1", 5353, SOCK_DGRAM);
    EXPECT_EQ(test::run("ping -c 1 127.0.0.1 && ping -c 1 ::1").status, 0);

    const std::vector<Connection> all = all_of(table);
    EXPECT_EQ(all.size(), 7U);
    EXPECT_EQ(table.count().value_or(0), 7U);
    const Connection* one = find(all, 6, "127.0.0.1");
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->original.source, at("127.0.0.1"));
    EXPECT_EQ(one->original.destination_port, 3000);
    EXPECT_EQ(one->reply.source_port, 3000);
    EXPECT_EQ(one->reply.destination_port, one->original.source_port);
    EXPECT_NE(one->status & Connection::answered, 0U);
    EXPECT_EQ(one->zone, 0);
    for (const auto& [to, behind] : {std::pair("10.96.0.10", "127.0.0.1"), std::pair("fd00:96::a", "::1")}) {
      one = find(all, 6, to);
      ASSERT_NE(one, nullptr) << to;
      EXPECT_EQ(one->original.destination_port, 80);
      EXPECT_EQ(one->reply.source, at(behind));
      EXPECT_EQ(one->reply.source_port, 3000);
    }
    one = find(all, 1, "127.0.0.1");
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->original.icmp_type, 8);
    one = find(all, 58, "::1");
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->original.icmp_type, 128);
    EXPECT_NE(find(all, 17, "127.0.0.1"), nullptr);
  });
}

TEST_F(ConntrackTest, RemovesExactlyWhatItIsTold_AndOnlyOnce) {
  test::in_fresh_namespace([] {
    track();
    ConntrackTable table = open_table();
    const auto v4 = listening("127.0.0.1", 3000, SOCK_STREAM), v6 = listening("::1", 3000, SOCK_STREAM);
    const auto one = reached("127.0.0.1", 3000, SOCK_STREAM), two = reached("::1", 3000, SOCK_STREAM);
    const auto three = reached("10.96.0.10", 80, SOCK_STREAM);
    EXPECT_EQ(test::run("ping -c 1 127.0.0.1 && ping -c 1 ::1").status, 0);
    std::vector<Connection> left = all_of(table);
    ASSERT_EQ(left.size(), 5U);
    while (!left.empty()) {
      const Connection gone = left.back();
      left.pop_back();
      EXPECT_EQ(table.remove({&gone, 1}).value_or(9), 1U) << to_string(gone);
      EXPECT_EQ(table.remove({&gone, 1}).value_or(9), 0U) << to_string(gone);
      std::vector<Connection> now = all_of(table);
      std::ranges::sort(now);
      std::vector<Connection> expected = left;
      std::ranges::sort(expected);
      EXPECT_EQ(now.size(), expected.size());
    }
  });
}

TEST_F(ConntrackTest, LeavesAnotherConnection_ThatHasGotTheSameTuple) {
  test::in_fresh_namespace([] {
    test::ConntrackEntries entries;
    const test::Connection written{.source = at("10.244.1.7"),
                                   .destination = at("10.244.1.5"),
                                   .protocol = 6,
                                   .source_port = 40000,
                                   .destination_port = 80};
    entries.add({written});
    ConntrackTable table = open_table();
    auto before = all_of(table, at("10.244.1.7"));
    ASSERT_EQ(before.size(), 1U);
    before[0].id ^= 1;
    EXPECT_EQ(table.remove(before).value_or(9), 0U);
    EXPECT_EQ(all_of(table, at("10.244.1.7")).size(), 1U);
  });
}

TEST_F(ConntrackTest, FindsThoseOfOneAddress_WhicheverSideItIsOn) {
  test::in_fresh_namespace([] {
    test::ConntrackEntries entries;
    std::vector<test::Connection> written;
    for (std::uint16_t port = 1; port <= 100; ++port) {
      const std::string other = "10.244.2." + std::to_string(port);
      written.push_back({.source = at("10.244.1.5"),
                         .destination = at(other.c_str()),
                         .protocol = 6,
                         .source_port = port,
                         .destination_port = 80});
      written.push_back({.source = at(other.c_str()),
                         .destination = at("10.244.1.6"),
                         .protocol = 17,
                         .source_port = port,
                         .destination_port = 53});
    }
    written.push_back({.source = at("fd00:244::5"),
                       .destination = at("fd00:244::6"),
                       .protocol = 6,
                       .source_port = 1,
                       .destination_port = 80});
    entries.add(written);
    ConntrackTable table = open_table();
    EXPECT_EQ(all_of(table, at("10.244.1.5")).size(), 100U);
    EXPECT_EQ(all_of(table, at("10.244.1.6")).size(), 100U);
    EXPECT_EQ(all_of(table, at("10.244.2.9")).size(), 2U);
    EXPECT_EQ(all_of(table, at("fd00:244::6")).size(), 1U);
    EXPECT_TRUE(all_of(table, at("10.244.9.9")).empty());
  });
}

TEST_F(ConntrackTest, RemovesThousandsAtOnce) {
  test::in_fresh_namespace([] {
    test::ConntrackEntries entries;
    std::vector<test::Connection> written;
    for (std::uint16_t port = 1; port <= 3500; ++port)
      written.push_back({.source = at("10.244.1.5"),
                         .destination = at("10.244.2.7"),
                         .protocol = 6,
                         .source_port = port,
                         .destination_port = 80});
    entries.add(written);
    ConntrackTable table = open_table();
    auto found = all_of(table, at("10.244.1.5"));
    ASSERT_EQ(found.size(), 3500U);
    EXPECT_EQ(table.remove(found).value_or(0), 3500U);
    EXPECT_EQ(table.remove(found).value_or(9), 0U);
  });
}

// The capabilities of this thread alone are dropped, and it ends with the namespace.
TEST_F(ConntrackTest, WithoutThePrivilege_SaysSo) {
  test::in_fresh_namespace([] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> none{};
    ASSERT_EQ(syscall(SYS_capset, &header, none.data()), 0);
    const auto table = ConntrackTable::open();
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().kind, Error::Kind::denied);
    EXPECT_NE(table.error().message.find("CAP_NET_ADMIN"), std::string::npos) << table.error().message;
  });
}

}  // namespace
}  // namespace selvedge::nft
