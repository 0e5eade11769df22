// Addresses, prefixes and intervals: text forms, edges, and set arithmetic against a plain bitmap.
#include "nft/ip.h"

#include <bitset>
#include <random>

#include <gtest/gtest.h>

#include "test/support/random_table.h"

namespace selvedge::nft {
namespace {

std::string reprinted(std::string_view text) {
  const auto address = parse_address(text);
  return address ? to_string(*address) : "none";
}

std::string reprinted_prefix(std::string_view text) {
  const auto prefix = parse_prefix(text);
  return prefix ? to_string(*prefix) : "none";
}

Address address(std::string_view text) {
  return parse_address(text).value();
}

Interval interval(std::string_view first, std::string_view last) {
  return {address(first), address(last)};
}

std::vector<std::string> words(const std::vector<Interval>& intervals) {
  std::vector<std::string> words;
  words.reserve(intervals.size());
  for (const auto& [first, last] : intervals) words.push_back(to_string(first) + "-" + to_string(last));
  return words;
}

using Words = std::vector<std::string>;

TEST(ParseAddress, ReadsDottedDecimal) {
  EXPECT_EQ(reprinted("10.244.1.5"), "10.244.1.5");
  EXPECT_EQ(reprinted("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(reprinted("255.255.255.255"), "255.255.255.255");
}

TEST(ParseAddress, TakesLeadingZerosAsDecimal_AsTheApiDoes) {  // semantics 50, 60
  EXPECT_EQ(reprinted("010.0.0.1"), "10.0.0.1");
  EXPECT_EQ(reprinted("10.000.08.009"), "10.0.8.9");
}

TEST(ParseAddress, RefusesWhatIsNoIPv4Address) {
  for (const char* text : {"", ".", "10", "10.0.0", "10.0.0.", ".10.0.0.1", "10.0.0.0.1", "10.0.0.256", "10.0.0.-1",
                           "10.0.0.+1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.0x1", "10.0.0.1/32", "10.0.0.1:80", "a.b.c.d",
                           "10..0.1", "99999999999999999999.0.0.1"}) {
    EXPECT_EQ(reprinted(text), "none") << text;
  }
  EXPECT_FALSE(parse_address(std::string_view("10.0.0.1\0", 9)));
}

TEST(ParseAddress, ReadsIPv6InAllItsForms) {
  EXPECT_EQ(reprinted("::"), "::");
  EXPECT_EQ(reprinted("::1"), "::1");
  EXPECT_EQ(reprinted("1::"), "1::");
  EXPECT_EQ(reprinted("FD00:244:0:0:0:0:0:5"), "fd00:244::5");
  EXPECT_EQ(reprinted("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
  EXPECT_EQ(reprinted("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
  EXPECT_EQ(reprinted("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
  EXPECT_EQ(reprinted("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(reprinted("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
  EXPECT_EQ(reprinted("0001:00002::"), "1:2::");
  EXPECT_EQ(reprinted("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(ParseAddress, RefusesWhatIsNoIPv6Address) {
  for (const char* text : {":",
                           ":::",
                           "1",
                           "1:",
                           ":1",
                           "1:2",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:",
                           "1:2:3:4:5:6:7:8:",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           "1:2:3:4::5:6:7:8",
                           "12345::",
                           "g::",
                           "fe80::1%eth0",
                           "::1/128",
                           "[::1]",
                           "::1.2.3.4.5",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "1:2:3:4:5:1.2.3.4",
                           "::0x1",
                           "::-1",
                           "1:::2"}) {
    EXPECT_EQ(reprinted(text), "none") << text;
  }
}

TEST(ParseAddress, TurnsIPv4MappedIntoIPv4) {  // semantics 60
  EXPECT_EQ(reprinted("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(reprinted("::FFFF:0a00:0001"), "10.0.0.1");
  EXPECT_EQ(reprinted("::ffff:010.0.0.1"), "10.0.0.1");
  EXPECT_EQ(address("::ffff:10.0.0.1").family, Family::v4);
  EXPECT_EQ(address("::ffff:10.0.0.1"), address("10.0.0.1"));
}

TEST(ParseAddress, LeavesOtherEmbeddedIPv4AsIPv6) {
  EXPECT_EQ(reprinted("::10.0.0.1"), "::a00:1");
  EXPECT_EQ(reprinted("::ffff:0:10.0.0.1"), "::ffff:0:a00:1");
}

TEST(ParseAddress, ReadsHostileLengthsWithoutHarm) {
  EXPECT_EQ(reprinted(std::string(100'000, '0') + "1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(reprinted(std::string(100'000, ':')), "none");
  EXPECT_EQ(reprinted(std::string(100'000, '.')), "none");
  std::string groups;
  for (int i = 0; i < 50'000; ++i) groups += "1:";
  EXPECT_EQ(reprinted(groups), "none");
}

TEST(PrintAddress, FollowsRfc5952) {
  EXPECT_EQ(reprinted("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");     // the first of two equal runs
  EXPECT_EQ(reprinted("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");           // the longer run
  EXPECT_EQ(reprinted("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // one group is not shortened
  EXPECT_EQ(reprinted("0:0:1::"), "0:0:1::");
  EXPECT_EQ(reprinted("2001:DB8::ABCD"), "2001:db8::abcd");
}

TEST(PrintAddress, IsReadBackAsTheSameAddress) {
  for (const auto seed : test::seeds(20)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    for (int i = 0; i < 200; ++i) {
      Address any{i % 2 == 0 ? Family::v4 : Family::v6, {}};
      const auto zeros = random() % 20;  // many, so that runs of zeros come up
      for (std::size_t at = 0; at < width(any.family); ++at) {
        any.bytes[at] = random() % 20 < zeros ? 0 : static_cast<std::uint8_t>(random());
      }
      EXPECT_EQ(parse_address(to_string(any)), any) << to_string(any);
    }
  }
}

TEST(ParsePrefix, ClearsHostBits) {  // semantics 50
  EXPECT_EQ(reprinted_prefix("10.0.0.5/24"), "10.0.0.0/24");
  EXPECT_EQ(reprinted_prefix("10.255.255.255/9"), "10.128.0.0/9");
  EXPECT_EQ(reprinted_prefix("fd00::5/64"), "fd00::/64");
  EXPECT_EQ(reprinted_prefix("ffff::/1"), "8000::/1");
}

TEST(ParsePrefix, ReadsTheEdges) {  // semantics 44
  EXPECT_EQ(reprinted_prefix("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(reprinted_prefix("255.255.255.255/0"), "0.0.0.0/0");
  EXPECT_EQ(reprinted_prefix("255.255.255.255/32"), "255.255.255.255/32");
  EXPECT_EQ(reprinted_prefix("::/0"), "::/0");
  EXPECT_EQ(reprinted_prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

TEST(ParsePrefix, TakesLeadingZerosAsDecimal) {
  EXPECT_EQ(reprinted_prefix("010.0.0.0/08"), "10.0.0.0/8");
}

TEST(ParsePrefix, TurnsIPv4MappedIntoIPv4) {  // semantics 50
  EXPECT_EQ(reprinted_prefix("::ffff:10.0.0.0/104"), "10.0.0.0/8");
  EXPECT_EQ(reprinted_prefix("::ffff:10.1.2.3/128"), "10.1.2.3/32");
  EXPECT_EQ(reprinted_prefix("::ffff:0:0/96"), "0.0.0.0/0");
}

TEST(ParsePrefix, ThatIsWiderThanTheMappedRange_StaysIPv6) {
  EXPECT_EQ(reprinted_prefix("::ffff:10.0.0.0/95"), "::fffe:0:0/95");
  EXPECT_EQ(reprinted_prefix("::ffff:10.0.0.0/8"), "::/8");
}

TEST(ParsePrefix, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+1",
                           "10.0.0.0/8/8", "10.0.0.0/ 8", "10.0.0.0/8 ", "/8", "::/129", "::", "::ffff:10.0.0.0/129",
                           "10.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.0/4294967304", "fe80::%eth0/64"}) {
    EXPECT_EQ(reprinted_prefix(text), "none") << text;
  }
}

TEST(Contains, AsksFamilyAndBits) {
  const auto ten = parse_prefix("10.0.0.0/8").value();
  EXPECT_TRUE(contains(ten, address("10.255.255.255")));
  EXPECT_FALSE(contains(ten, address("11.0.0.0")));
  EXPECT_FALSE(contains(parse_prefix("0.0.0.0/0").value(), address("::")));
  EXPECT_TRUE(contains(parse_prefix("0.0.0.0/0").value(), address("255.255.255.255")));
  EXPECT_FALSE(contains(parse_prefix("::/0").value(), address("0.0.0.0")));
  EXPECT_TRUE(contains(host_prefix(address("fd00::1")), address("fd00::1")));
  EXPECT_FALSE(contains(host_prefix(address("fd00::1")), address("fd00::2")));
}

TEST(IntervalOf, SpansThePrefix) {
  EXPECT_EQ(interval_of(parse_prefix("0.0.0.0/0").value()), interval("0.0.0.0", "255.255.255.255"));
  EXPECT_EQ(interval_of(parse_prefix("10.128.0.0/9").value()), interval("10.128.0.0", "10.255.255.255"));
  EXPECT_EQ(interval_of(host_prefix(address("1.2.3.4"))), interval("1.2.3.4", "1.2.3.4"));
  EXPECT_EQ(interval_of(parse_prefix("::/0").value()), interval("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_EQ(interval_of(parse_prefix("fe80::/10").value()),
            interval("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(PrefixOf, IsTheInverse_AndNoneForOtherIntervals) {
  for (const char* text :
       {"0.0.0.0/0", "10.0.0.0/8", "10.0.0.4/31", "255.255.255.255/32", "::/0", "fe80::/10", "::/128"}) {
    const auto prefix = parse_prefix(text).value();
    EXPECT_EQ(prefix_of(interval_of(prefix)), prefix) << text;
  }
  EXPECT_FALSE(prefix_of(interval("10.0.0.1", "10.0.0.2")));
  EXPECT_FALSE(prefix_of(interval("10.0.0.0", "10.0.0.2")));
  EXPECT_FALSE(prefix_of(interval("10.0.0.1", "10.0.0.3")));
  EXPECT_FALSE(prefix_of(interval("0.0.0.1", "255.255.255.255")));
}

TEST(Unite, MergesNestedOverlappingAndAdjacentOnes) {  // semantics 46, 48, 49
  EXPECT_EQ(words(unite({interval("10.0.0.0", "10.0.0.255"), interval("10.0.0.5", "10.0.0.9")})),
            Words({"10.0.0.0-10.0.0.255"}));
  EXPECT_EQ(words(unite({interval("10.0.0.5", "10.0.0.9"), interval("10.0.0.0", "10.0.0.5")})),
            Words({"10.0.0.0-10.0.0.9"}));
  EXPECT_EQ(words(unite({interval("10.0.0.128", "10.0.0.255"), interval("10.0.0.0", "10.0.0.127")})),
            Words({"10.0.0.0-10.0.0.255"}));
  EXPECT_EQ(words(unite({interval("10.0.0.0", "10.0.0.1"), interval("10.0.0.3", "10.0.0.3")})),
            Words({"10.0.0.0-10.0.0.1", "10.0.0.3-10.0.0.3"}));
}

TEST(Unite, KeepsFamiliesApart_EvenWhereTheirEdgesMeet) {
  EXPECT_EQ(words(unite(
                {interval("::", "::1"), interval("255.255.255.0", "255.255.255.255"), interval("0.0.0.0", "0.0.0.0")})),
            Words({"0.0.0.0-0.0.0.0", "255.255.255.0-255.255.255.255", "::-::1"}));
}

TEST(Unite, ReachesTheLastAddressWithoutWrapping) {
  EXPECT_EQ(words(unite({interval("255.255.255.255", "255.255.255.255"), interval("0.0.0.0", "0.0.0.1"),
                         interval("255.255.255.0", "255.255.255.254")})),
            Words({"0.0.0.0-0.0.0.1", "255.255.255.0-255.255.255.255"}));
}

TEST(Contains, OfSeveralIntervals_HasTheirEnds_AndNothingBetweenThemOrOfTheOtherFamily) {
  const auto has = [united = unite({{*parse_address("10.0.0.4"), *parse_address("10.0.0.7")},
                                    {*parse_address("10.0.1.0"), *parse_address("10.0.1.0")},
                                    {*parse_address("fd00::1"), *parse_address("fd00::2")}})](const char* address) {
    return contains(united, *parse_address(address));
  };
  for (const char* in : {"10.0.0.4", "10.0.0.6", "10.0.0.7", "10.0.1.0", "fd00::1", "fd00::2"})
    EXPECT_TRUE(has(in)) << in;
  for (const char* out : {"10.0.0.3", "10.0.0.8", "10.0.1.1", "::", "fd00::", "fd00::3"}) EXPECT_FALSE(has(out)) << out;
  EXPECT_FALSE(contains(std::vector<Interval>(), *parse_address("10.0.0.4")));
}

TEST(Subtract, SplitsShrinksAndRemoves) {  // semantics 45, 46
  const std::vector<Interval> from{interval("10.0.0.0", "10.0.0.255")};
  EXPECT_EQ(words(subtract(from, {interval("10.0.0.10", "10.0.0.19")})),
            Words({"10.0.0.0-10.0.0.9", "10.0.0.20-10.0.0.255"}));
  EXPECT_EQ(words(subtract(from, {interval("9.0.0.0", "10.0.0.9")})), Words({"10.0.0.10-10.0.0.255"}));
  EXPECT_EQ(words(subtract(from, {interval("10.0.0.250", "11.0.0.0")})), Words({"10.0.0.0-10.0.0.249"}));
  EXPECT_EQ(words(subtract(from, from)), Words{});
  EXPECT_EQ(words(subtract(from, {interval("10.0.1.0", "10.0.1.9"), interval("::", "::5")})),
            Words({"10.0.0.0-10.0.0.255"}));
  EXPECT_EQ(words(subtract(from, {})), Words({"10.0.0.0-10.0.0.255"}));
}

TEST(Subtract, OfOneHoleAcrossSeveralIntervals_CutsAllOfThem) {
  EXPECT_EQ(words(subtract({interval("10.0.0.0", "10.0.0.9"), interval("10.0.0.20", "10.0.0.29"),
                            interval("10.0.0.40", "10.0.0.49")},
                           {interval("10.0.0.5", "10.0.0.44")})),
            Words({"10.0.0.0-10.0.0.4", "10.0.0.45-10.0.0.49"}));
}

TEST(Subtract, AtTheEdgesOfTheAddressSpace_DoesNotOverflow) {
  const auto all_v4 = interval_of(parse_prefix("0.0.0.0/0").value());
  const auto all_v6 = interval_of(parse_prefix("::/0").value());
  EXPECT_EQ(words(subtract({all_v4}, {all_v4})), Words{});
  EXPECT_EQ(words(subtract({all_v6, all_v4}, {all_v4})), Words({"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}));
  EXPECT_EQ(words(subtract({all_v4}, {interval("255.255.255.255", "255.255.255.255")})),
            Words({"0.0.0.0-255.255.255.254"}));
  EXPECT_EQ(words(subtract({all_v4}, {interval("0.0.0.0", "0.0.0.0")})), Words({"0.0.0.1-255.255.255.255"}));
  EXPECT_EQ(words(subtract({all_v6}, {interval("ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")})),
            Words({"::-fffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}));
}

// ---- against a plain bitmap: the first and the last 64 addresses of each family

constexpr std::size_t window = 64;
using Bitmap = std::bitset<4 * window>;

Address nth(std::size_t n) {
  Address address{n < 2 * window ? Family::v4 : Family::v6, {}};
  const bool top = n / window % 2 == 1;
  if (top) std::fill_n(address.bytes.begin(), width(address.family), std::uint8_t{0xff});
  address.bytes[width(address.family) - 1] = static_cast<std::uint8_t>(n % window + (top ? 256 - window : 0));
  return address;
}

// Both ends within one window, or one in the low and one in the high window of a family.
std::vector<Interval> random_some(test::Random& random) {
  std::vector<Interval> some(random() % 8);
  for (auto& one : some) {
    const auto family = random() % 2;
    const auto reach = random() % 6 == 0 ? 2 * window : window;
    const auto start = reach == window ? random() % 2 * window : 0;
    auto a = 2 * window * family + start + random() % reach;
    auto b = random() % 3 == 0 ? a : 2 * window * family + start + random() % reach;
    one = {nth(std::min(a, b)), nth(std::max(a, b))};
  }
  return some;
}

Bitmap bitmap(const std::vector<Interval>& intervals) {
  Bitmap bits;
  for (std::size_t n = 0; n < bits.size(); ++n) {
    for (const auto& [first, last] : intervals) bits[n] = bits[n] || (first <= nth(n) && nth(n) <= last);
  }
  return bits;
}

bool adjoin(const Interval& a, const Interval& b) {
  for (std::size_t n = 0; n + 1 < 4 * window; ++n) {
    const bool neighbours = n % window != window - 1;
    if (neighbours && a.last == nth(n) && b.first == nth(n + 1)) return true;
  }
  return false;
}

void expect_canonical(const std::vector<Interval>& intervals) {
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    EXPECT_LE(intervals[i].first, intervals[i].last);
    EXPECT_EQ(intervals[i].first.family, intervals[i].last.family);
    if (i == 0) continue;
    EXPECT_LT(intervals[i - 1].last, intervals[i].first);
    EXPECT_FALSE(adjoin(intervals[i - 1], intervals[i]));
  }
}

TEST(IntervalArithmetic, AgreesWithABitmap) {
  for (const auto seed : test::seeds(300)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const auto a = random_some(random);
    const auto b = random_some(random);
    SCOPED_TRACE(testing::PrintToString(words(a)) + " and " + testing::PrintToString(words(b)));
    expect_canonical(unite(a));
    expect_canonical(subtract(a, b));
    EXPECT_EQ(bitmap(unite(a)), bitmap(a));
    EXPECT_EQ(bitmap(subtract(a, b)), bitmap(a) & ~bitmap(b));
    EXPECT_EQ(unite(unite(a)), unite(a));
    EXPECT_EQ(subtract(a, a), std::vector<Interval>{});
    EXPECT_EQ(subtract(a, {}), unite(a));
  }
}

}  // namespace
}  // namespace selvedge::nft
