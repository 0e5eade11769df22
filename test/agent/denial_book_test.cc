// What is heard of denials, counted in bounded room.
#include "controller/agent/denial_book.h"

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

// TCP from 10.244.2.7 to 10.244.1.5.
nft::LoggedPacket logged(const std::string& prefix, std::uint16_t port) {
  return {.time = {},
          .prefix = prefix,
          .in = "cni0",
          .out = "",
          .bytes = {0x45,
                    0,
                    0,
                    60,
                    0,
                    1,
                    0,
                    0,
                    64,
                    6,
                    0,
                    0,
                    10,
                    244,
                    2,
                    7,
                    10,
                    244,
                    1,
                    5,
                    0x9c,
                    0x40,
                    static_cast<std::uint8_t>(port >> 8),
                    static_cast<std::uint8_t>(port)}};
}

const std::string ingress = "selvedge deny ingress abcdefghijklmnop-shop/db-0";
const std::string egress = "selvedge deny egress abcdefghijklmnop-shop/web-0";

TEST(DenialBook, CountsPacketsAlikeTogether_AndKnowsWhichEndIsThePods) {
  DenialBook book;
  book.add({.packets = {logged(ingress, 5432), logged(ingress, 5432), logged(egress, 5432)}, .lost = 3});
  const DenialBatch batch = book.take();
  ASSERT_EQ(batch.cases.size(), 2U);
  EXPECT_EQ(batch.cases[0].count, 2U);
  EXPECT_EQ(batch.cases[0].kind.pod, "shop/db-0");
  EXPECT_EQ(to_string(batch.cases[0].kind.own), "10.244.1.5");
  EXPECT_EQ(to_string(batch.cases[0].kind.peer), "10.244.2.7");
  EXPECT_EQ(to_string(batch.cases[1].kind.own), "10.244.2.7");
  EXPECT_EQ(port_of(batch.cases[0].kind), "tcp/5432");
  EXPECT_EQ(batch.lost, 3U);
  EXPECT_TRUE(book.empty());
  EXPECT_TRUE(book.take().empty());
}

TEST(DenialBook, PassesOverWhatIsNotOurs_AndWhatIsNoPacket) {
  DenialBook book;
  nft::LoggedPacket broken = logged(ingress, 1);
  broken.bytes.resize(5);
  book.add({.packets = {logged("ulogd: ", 1), broken, logged("", 1)}});
  EXPECT_TRUE(book.empty());
}

TEST(DenialBook, OfManyKinds_TellsTheMostFrequent_AndCountsTheRest) {
  DenialBook book;
  nft::Heard scan;
  for (std::uint16_t port = 1; port <= 5000; ++port) scan.packets.push_back(logged(ingress, port));
  for (int i = 0; i < 10; ++i) scan.packets.push_back(logged(ingress, 7));
  book.add(scan);
  const DenialBatch batch = book.take();
  ASSERT_EQ(batch.cases.size(), DenialBook::most_told);
  EXPECT_EQ(batch.cases[0].kind.port, 7);
  EXPECT_EQ(batch.cases[0].count, 11U);
  std::uint64_t all = batch.others;
  for (const DenialCase& one : batch.cases) all += one.count;
  EXPECT_EQ(all, 5010U);
}

}  // namespace
}  // namespace selvedge::agent
