// The reading has a reader of addresses of its own: what it reads, and that the rules' reader reads the same.
#include "controller/meaning/address.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "nft/ip.h"

namespace selvedge::meaning {
namespace {

std::string read(const char* text) {
  const auto address = read_address(text);
  return address ? nft::to_string(*address) : "none";
}

std::string read_ends(const char* text) {
  const auto block = read_block(text);
  return block ? nft::to_string(block->first) + "-" + nft::to_string(block->last) : "none";
}

TEST(Address, IsReadAsTheApiEverRead) {  // semantics 60
  EXPECT_EQ(read("10.244.1.5"), "10.244.1.5");
  EXPECT_EQ(read("010.0244.001.005"), "10.244.1.5");
  EXPECT_EQ(read("fd00::1"), "fd00::1");
  EXPECT_EQ(read("FD00:0:0:0:0:0:0:1"), "fd00::1");
  EXPECT_EQ(read("::"), "::");
  EXPECT_EQ(read("1::"), "1::");
  EXPECT_EQ(read("64:ff9b::192.0.2.1"), "64:ff9b::c000:201");
  EXPECT_EQ(read("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(read("::ffff:a00:1"), "10.0.0.1");
}

TEST(Address_ThatIsNone, IsNone) {
  for (const char* text : {"",
                           ".",
                           ":",
                           ":::",
                           "10.0.0",
                           "10.0.0.1.2",
                           "10.0.0.256",
                           "10.0.0.-1",
                           "10.0.0.1 ",
                           "10..0.1",
                           "0x0a.0.0.1",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           ":1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:",
                           "12345::",
                           "g::",
                           "fe80::1%eth0",
                           "::10.0.0",
                           "10.0.0.1::",
                           "[::1]",
                           "1:2:3:4:5:6:7::8",
                           "10.0.0.1/32",
                           "99999999999999999999.0.0.1"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

TEST(Block, IsItsFirstAndItsLastAddress) {  // semantics 44, 50
  EXPECT_EQ(read_ends("10.0.0.5/24"), "10.0.0.0-10.0.0.255");
  EXPECT_EQ(read_ends("10.0.0.5/32"), "10.0.0.5-10.0.0.5");
  EXPECT_EQ(read_ends("10.0.0.5/13"), "10.0.0.0-10.7.255.255");
  EXPECT_EQ(read_ends("0.0.0.0/0"), "0.0.0.0-255.255.255.255");
  EXPECT_EQ(read_ends("::/0"), "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(read_ends("fd00::1/127"), "fd00::-fd00::1");
  EXPECT_EQ(read_ends("010.0.0.0/08"), "10.0.0.0-10.255.255.255");
  EXPECT_EQ(read_ends("::ffff:10.0.0.0/104"), "10.0.0.0-10.255.255.255");
  EXPECT_EQ(read_ends("::ffff:10.0.0.0/96"), "0.0.0.0-255.255.255.255");
  EXPECT_EQ(read_ends("::ffff:10.0.0.0/80"), "::-::ffff:ffff:ffff");
}

TEST(Block_ThatIsNone, IsNone) {
  for (const char* text :
       {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+1", "/8", "::/129", "10.0.0.0/8/8",
        "10.0.0.0/ 8", "::ffff:10.0.0.0/129", "10.0/8", "0.0.0.0/255.0.0.0"}) {
    EXPECT_EQ(read_ends(text), "none") << text;
  }
}

TEST(Block_HasNoAddressOfTheOtherFamily, NotEvenAllOfThem) {  // semantics 44
  EXPECT_FALSE(lies_in(*nft::parse_address("10.0.0.1"), block("::/0")));
  EXPECT_FALSE(lies_in(*nft::parse_address("::1"), block("0.0.0.0/0")));
}

// Words of addresses, put together at random: most are none, and both readers must see that of the same ones.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> words = {"10",  "0",  "255",  "256", "::",  ":",
                                                 ":",   ".",  ".",    ".",   "/8",  "/",
                                                 "128", "00", "ffff", "fd0", "a.1", "::ffff:1.2.3.4"};
  std::string text;
  const auto count = 1 + random() % 12;
  for (unsigned i = 0; i < count; ++i) text += words[random() % words.size()];
  return text;
}

TEST(BothReaders, ReadTheSame_OfAnyText) {
  std::mt19937 random(20);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same texts every time
  int addresses = 0;
  int blocks = 0;
  for (int i = 0; i < 200000; ++i) {
    const std::string text = random_text(random);
    const auto address = read_address(text);
    const auto prefix = nft::parse_prefix(text);
    EXPECT_EQ(address, nft::parse_address(text)) << text;
    EXPECT_EQ(read_block(text), prefix ? std::optional(nft::interval_of(*prefix)) : std::nullopt) << text;
    addresses += address ? 1 : 0;
    blocks += prefix ? 1 : 0;
  }
  EXPECT_GT(addresses, 100);
  EXPECT_GT(blocks, 100);
}

}  // namespace
}  // namespace selvedge::meaning
