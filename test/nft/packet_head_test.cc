// The first bytes of packets, as whoever sends them may write them.
#include "nft/packet_head.h"

#include <gtest/gtest.h>

namespace selvedge::nft {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// 10.244.2.7 -> 10.244.1.5
Bytes v4(std::uint8_t protocol, const Bytes& payload, std::uint16_t fragment = 0, std::uint8_t words = 5) {
  Bytes head{static_cast<std::uint8_t>(0x40 | words),
             0,
             0,
             60,
             0,
             1,
             static_cast<std::uint8_t>(fragment >> 8),
             static_cast<std::uint8_t>(fragment),
             64,
             protocol,
             0,
             0,
             10,
             244,
             2,
             7,
             10,
             244,
             1,
             5};
  head.resize(std::size_t{4} * words);
  return head + payload;
}

// fd00:244::7 -> fd00:244::5
Bytes v6(std::uint8_t next, const Bytes& payload) {
  Bytes head{0x60, 0, 0, 0, 0, 20, next, 64};
  for (const std::uint8_t last : Bytes{7, 5})
    head = head + Bytes{0xfd, 0, 2, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
  return head + payload;
}

const Bytes ports{0x9c, 0x40, 0x0b, 0xb8, 1, 2, 3, 4};  // 40000 -> 3000

PacketHead head_of(const Bytes& bytes) {
  const auto head = read_packet_head(bytes);
  EXPECT_TRUE(head) << head.error();
  return head.value_or(PacketHead{});
}

TEST(PacketHead, OfProtocolsWithPorts_TellsWhoToWhomAndByWhich) {
  for (const std::uint8_t protocol : Bytes{6, 17, 132, 33, 136}) {
    for (const Bytes& bytes : {v4(protocol, ports), v6(protocol, ports)}) {
      const PacketHead head = head_of(bytes);
      EXPECT_EQ(head.protocol, protocol);
      EXPECT_EQ(head.source_port, 40000);
      EXPECT_EQ(head.destination_port, 3000);
      EXPECT_FALSE(head.fragment || head.cut || head.icmp_type);
    }
  }
  EXPECT_EQ(to_string(head_of(v4(6, ports)).source), "10.244.2.7");
  EXPECT_EQ(to_string(head_of(v4(6, ports)).destination), "10.244.1.5");
  EXPECT_EQ(to_string(head_of(v6(6, ports)).destination), "fd00:244::5");
  EXPECT_EQ(head_of(v4(6, ports)).length, 60U);
  EXPECT_EQ(head_of(v6(6, ports)).length, 60U);
}

TEST(PacketHead, OfIcmp_TellsTypeAndCodeAndNoPort) {
  for (const Bytes& bytes : {v4(1, {3, 1, 0, 0}), v6(58, {3, 1, 0, 0})}) {
    EXPECT_EQ(head_of(bytes).icmp_type, 3);
    EXPECT_EQ(head_of(bytes).icmp_code, 1);
    EXPECT_FALSE(head_of(bytes).destination_port);
  }
}

TEST(PacketHead, OfALaterFragment_HasNoPorts_WhateverItsPayloadLooksLike) {
  EXPECT_TRUE(head_of(v4(6, ports, 0x2001)).fragment);
  EXPECT_FALSE(head_of(v4(6, ports, 0x2001)).destination_port);
  EXPECT_EQ(head_of(v4(6, ports, 0x2000)).destination_port, 3000);  // the first one has them
  const Bytes later{6, 0, 0x00, 0x09, 0, 0, 0, 1}, first{6, 0, 0x00, 0x01, 0, 0, 0, 1};
  EXPECT_TRUE(head_of(v6(44, later + ports)).fragment);
  EXPECT_FALSE(head_of(v6(44, later + ports)).destination_port);
  EXPECT_EQ(head_of(v6(44, first + ports)).destination_port, 3000);
}

TEST(PacketHead, BehindOptionsAndExtensionHeaders_IsFound) {
  EXPECT_EQ(head_of(v4(6, ports, 0, 15)).destination_port, 3000);
  const Bytes hop{60, 0, 1, 4, 0, 0, 0, 0}, destination{51, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Bytes authentication{17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const PacketHead head = head_of(v6(0, hop + destination + authentication + ports));
  EXPECT_EQ(head.protocol, 17);
  EXPECT_EQ(head.destination_port, 3000);
}

TEST(PacketHead, ThatEndsEarly_SaysSo_AndGuessesNothing) {
  const Bytes whole = v4(6, ports);
  for (std::size_t size = 20; size < 24; ++size) {
    const PacketHead head = head_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_TRUE(head.cut);
    EXPECT_FALSE(head.source_port || head.destination_port);
  }
  EXPECT_TRUE(head_of(v4(6, {}, 0, 15)).cut);
  EXPECT_TRUE(head_of(v4(1, {3})).cut);
  EXPECT_TRUE(head_of(v6(0, {6, 0, 0, 0})).cut);                // within an extension header
  EXPECT_TRUE(head_of(v6(0, {6, 255, 0, 0, 0, 0, 0, 0})).cut);  // which says that it is longer
  EXPECT_EQ(head_of(v6(0, {6, 255, 0, 0, 0, 0, 0, 0})).protocol, 6);
}

TEST(PacketHead, OfWhatIsNoPacket_IsAnError) {
  EXPECT_EQ(read_packet_head({}).error(), "a packet without a byte");
  EXPECT_EQ(read_packet_head(Bytes(19, 0x45)).error(), "an IPv4 header of less than 20 bytes");
  EXPECT_EQ(read_packet_head(v4(6, ports, 0, 5) + ports).value().destination_port, 3000);
  Bytes liar = v4(6, ports);
  liar[0] = 0x44;
  EXPECT_EQ(read_packet_head(liar).error(), "an IPv4 header that says it has less than 20 bytes");
  EXPECT_EQ(read_packet_head(Bytes(39, 0x60)).error(), "an IPv6 header of less than 40 bytes");
  EXPECT_EQ(read_packet_head(Bytes(60, 0x50)).error(), "a packet of IP version 5");
}

}  // namespace
}  // namespace selvedge::nft
