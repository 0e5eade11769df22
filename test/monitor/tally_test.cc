// Counting without end in bounded room.
#include "controller/monitor/tally.h"

#include "test/monitor/shop.h"

namespace selvedge::test {
namespace {

TEST(Tally, TellsTheMostFrequentFirst_AndEqualsInTheirOrder) {
  monitor::Tally<std::string> tally(10);
  for (const char* word : {"b", "a", "c", "c"}) tally.add(word);
  EXPECT_EQ(tally.top(2), (std::vector<std::pair<std::string, std::uint64_t>>{{"c", 2}, {"a", 1}}));
  EXPECT_EQ(tally.total(), 4U);
  EXPECT_EQ(tally.kinds(), 3U);
}

TEST(Tally, ThatIsFull_CountsNewKindsTogether_AndKnownOnesAsBefore) {
  monitor::Tally<int> tally(2);
  for (int i = 0; i < 100; ++i) tally.add(i);
  EXPECT_TRUE(tally.add(1));
  EXPECT_FALSE(tally.add(50));
  EXPECT_EQ(tally.kinds(), 2U);
  EXPECT_EQ(tally.left_out(), 99U);
  EXPECT_EQ(tally.total(), 102U);
  EXPECT_EQ(tally.top(1)[0], (std::pair<int, std::uint64_t>{1, 2}));
}

TEST(Summary, HasALineForEachKind_AndSaysWhatIsNotAmongThem) {
  monitor::Tally<monitor::Talk> talks(2);
  const auto add = [&](std::uint16_t port, int times) {
    for (int i = 0; i < times; ++i) talks.add(talk_of(denied(to_api, packet("10.244.2.5", "10.244.1.5", 6, port))));
  };
  add(22, 12);
  add(3000, 3);
  add(80, 2);
  EXPECT_EQ(monitor::summary(talks, 1),
            "17 packets, 2 kinds\n"
            "      12  denied ingress  production/web-0 (10.244.2.5) -> production/api-7d4f-x (10.244.1.5) tcp/22\n"
            "          and 3 of other kinds\n"
            "          and 2 of kinds beyond the first 2, which are not told apart\n");
}

}  // namespace
}  // namespace selvedge::test
