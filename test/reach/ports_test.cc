#include "controller/reach/ports.h"

#include <gtest/gtest.h>

namespace selvedge::reach {
namespace {

Ports tcp(std::uint16_t first, std::uint16_t last) {
  return {.ranges = {{6, first, last}}};
}

TEST(Ports, United_AreMerged_WhereTheyTouch) {
  EXPECT_EQ(to_string(united(tcp(80, 80), tcp(81, 90))), "tcp/80-90");
  EXPECT_EQ(to_string(united(tcp(80, 80), tcp(82, 90))), "tcp/80, tcp/82-90");
  EXPECT_EQ(to_string(united(tcp(0, 65535), {.ranges = {{17, 0, 5}}})), "tcp, udp/0-5");
  EXPECT_EQ(united(Ports::everything(), tcp(1, 2)), Ports::everything());
}

TEST(Ports, Common_IsWhatBothHave) {
  EXPECT_EQ(to_string(common(united(tcp(1, 10), tcp(20, 30)), tcp(5, 25))), "tcp/5-10, tcp/20-25");
  EXPECT_TRUE(common(tcp(1, 10), {.ranges = {{17, 1, 10}}}).empty());
  EXPECT_EQ(common(Ports::everything(), tcp(7, 7)), tcp(7, 7));
  EXPECT_TRUE(common(Ports::everything(), Ports::everything()).all());
}

TEST(Ports, Without_LeavesWhatIsAround) {
  EXPECT_EQ(to_string(without(tcp(1, 10), tcp(4, 6))), "tcp/1-3, tcp/7-10");
  EXPECT_TRUE(without(tcp(4, 6), tcp(1, 10)).empty());
  EXPECT_EQ(to_string(without(Ports::everything(), tcp(0, 65534))), "all ports but tcp/0-65534");
  EXPECT_EQ(without(tcp(1, 65535), tcp(65535, 65535)), tcp(1, 65534));
}

TEST(Ports, InWords) {
  EXPECT_EQ(to_string(Ports::everything()), "all ports");
  EXPECT_EQ(to_string(Ports{}), "none");
  EXPECT_EQ(to_string(without(Ports::everything(), tcp(80, 80))), "all ports but tcp/80");
}

}  // namespace
}  // namespace selvedge::reach
