// What a node takes for its own, as the kernel's table of local routes has it.
#include <gtest/gtest.h>

#include "nft/netlink_links.h"
#include "test/kernel/namespace.h"

namespace selvedge::nft {
namespace {

using OwnAddressesTest = test::KernelTest;

OwnAddresses read() {
  auto links = Links::open();
  if (!links) throw std::runtime_error(links.error().message);
  auto found = links->own_addresses();
  if (!found) throw std::runtime_error(found.error().message);
  return *found;
}

bool has(const std::vector<Interval>& all, const char* address) {
  return contains(all, *parse_address(address));
}

void must(const std::string& command) {
  const auto done = test::run(command);
  ASSERT_EQ(done.status, 0) << command << "\n" << done.output;
}

TEST_F(OwnAddressesTest, OfANodeWithoutAny_ThereAreNone) {
  test::in_fresh_namespace([] {
    const OwnAddresses found = read();
    EXPECT_TRUE(found.own.empty());
    EXPECT_TRUE(found.shared.empty());
  });
}

TEST_F(OwnAddressesTest, AreThoseOfItsInterfaces_AndWhatRoutesMakeItsOwn_InBothFamilies) {
  test::in_fresh_namespace([] {
    must("ip link set lo up && ip link add nodes type veth peer name other && ip link set nodes up");
    must("ip address add 192.0.2.9/24 brd 192.0.2.255 dev nodes && ip address add 2001:db8::9/64 dev nodes nodad");
    must("ip route add local 198.51.100.0/24 dev lo && ip -6 route add local 2001:db8:96::/112 dev lo");
    must("ip route add 203.0.113.0/24 dev nodes && ip route add local 192.0.2.64/32 dev nodes table 77");
    const OwnAddresses found = read();
    for (const char* own : {"127.0.0.1", "127.255.0.1", "::1", "192.0.2.9", "2001:db8::9", "198.51.100.0",
                            "198.51.100.255", "2001:db8:96::7"})
      EXPECT_TRUE(has(found.own, own)) << own;
    for (const char* other : {"192.0.2.10", "2001:db8::a", "198.51.99.255", "198.51.101.0",
                              "2001:db8:97::", "203.0.113.1", "192.0.2.64", "192.0.2.255"})
      EXPECT_FALSE(has(found.own, other)) << other;
    EXPECT_TRUE(has(found.shared, "192.0.2.255"));
    EXPECT_FALSE(has(found.shared, "192.0.2.9"));
    EXPECT_EQ(found.own, unite(found.own));
  });
}

// Linux gives the subnet's first address to all its routers (RFC 4291, section 2.6.1) once it forwards.
TEST_F(OwnAddressesTest, AnycastAddresses_AreShared) {
  test::in_fresh_namespace([] {
    must(
        "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding && ip link add nodes type veth peer name other && ip link set "
        "nodes up");
    must("ip address add 2001:db8::9/64 dev nodes nodad");
    const OwnAddresses found = read();
    EXPECT_TRUE(has(found.shared, "2001:db8::"));
    EXPECT_FALSE(has(found.own, "2001:db8::"));
  });
}

}  // namespace
}  // namespace selvedge::nft
