#include "controller/cli/colours.h"

#include <gtest/gtest.h>

namespace selvedge::cli {
namespace {

TEST(Colours, AreOnWordsThatOpenALine_AndOnWhatWasCounted) {
  EXPECT_EQ(coloured("denied: a -> b\n"), "\x1b[31mdenied\x1b[0m: a -> b\n");
  EXPECT_EQ(coloured("  + tcp/3000 from b\n"), "  \x1b[32m+ tcp/3000 from b\x1b[0m\n");
  EXPECT_EQ(coloured("15 denied (+3), and more"), "15 denied \x1b[1m\x1b[33m(+3)\x1b[0m, and more");
}

TEST(Colours, LeaveTheRestAsItIs) {
  for (const char* text : {"", "\n", "allowedly\n", "(+x)", "(+3", "nothing denied\n", "a\n\nb"})
    EXPECT_EQ(coloured(text), text);
  const std::string long_line = "denied " + std::string(5000, 'x');
  EXPECT_EQ(coloured(long_line), long_line);
}

}  // namespace
}  // namespace selvedge::cli
