// A flow that is misread would be judged for another, so every slip in a line is an error.
#include "test/golden/flow.h"

#include <gtest/gtest.h>

#include "test/golden/story.h"

namespace selvedge::test {
namespace {

std::string fault_of(const std::string& line) {
  const auto flows = parse_flows(line + "\n");
  return flows ? "none" : flows.error();
}

TEST(Flows, ALine_IsReadInFull) {
  const auto flows = parse_flows(
      "# for the reader\n\n"
      "udp fd00::1 -> [fd00::2]:53 deny on node-b  # shop/a egress, shop/b ingress\n"
      "icmp 10.0.0.1 -> 10.0.0.2 allow # not isolated\n");
  ASSERT_TRUE(flows) << flows.error();
  ASSERT_EQ(flows->size(), 2U);
  const Flow& udp = flows->at(0);
  EXPECT_EQ(udp.line, 3U);
  EXPECT_EQ(udp.protocol, 17);
  EXPECT_EQ(to_string(udp.source), "fd00::1");
  EXPECT_EQ(to_string(udp.destination), "fd00::2");
  EXPECT_EQ(udp.port, 53);
  EXPECT_FALSE(udp.allowed);
  EXPECT_EQ(udp.node, "node-b");
  EXPECT_EQ(udp.reasons, (std::set<std::string>{"shop/a egress", "shop/b ingress"}));
  EXPECT_EQ(flows->at(1).protocol, 1);
  EXPECT_TRUE(flows->at(1).allowed);
  EXPECT_EQ(flows->at(1).node, std::nullopt);
}

TEST(Flows, IcmpIsThatOfTheFamily_AndOthersGoByNumber) {
  const auto flows = parse_flows("icmp fd00::1 -> fd00::2 allow # x\n47 10.0.0.1 -> 10.0.0.2 allow # x\n");
  ASSERT_TRUE(flows) << flows.error();
  EXPECT_EQ(flows->at(0).protocol, 58);
  EXPECT_EQ(flows->at(1).protocol, 47);
}

TEST(Flows, EachSlip_IsAnError) {
  for (const char* line : {"tcp 10.0.0.1 -> 10.0.0.2:80 allow",
                           "tcp 10.0.0.1 -> 10.0.0.2:80 allow #",
                           "tcp 10.0.0.1 -> 10.0.0.2:80 # x",
                           "tcp 10.0.0.1 10.0.0.2:80 allow # x",
                           "tcp 10.0.0.1 => 10.0.0.2:80 allow # x",
                           "tcp 10.0.0.1 -> 10.0.0.2 allow # x",
                           "icmp 10.0.0.1 -> 10.0.0.2:80 allow # x",
                           "47 10.0.0.1 -> 10.0.0.2:80 allow # x",
                           "tcp 10.0.0.1:9 -> 10.0.0.2:80 allow # x",
                           "tcp 10.0.0 -> 10.0.0.2:80 allow # x",
                           "tcp 10.0.0.1 -> fd00::2:80 allow # x",
                           "tcp 10.0.0.1 -> [fd00::2]:80 allow # x",
                           "tcp fd00::1 -> [fd00::2:80 allow # x",
                           "tcp fd00::1 -> [fd00::2] allow # x",
                           "tcp 10.0.0.1 -> 10.0.0.2:65536 allow # x",
                           "tcp 10.0.0.1 -> 10.0.0.2: allow # x",
                           "tcp 10.0.0.1 -> 10.0.0.2:80x allow # x",
                           "tcp 10.0.0.1 -> 10.0.0.2:80 permit # x",
                           "tcp 10.0.0.1 -> 10.0.0.2:80 allow node-a # x",
                           "tcp 10.0.0.1 -> 10.0.0.2:80 allow on # x",
                           "tcp 10.0.0.1 -> 10.0.0.2:80 allow at node-a # x",
                           "gre 10.0.0.1 -> 10.0.0.2 allow # x",
                           "256 10.0.0.1 -> 10.0.0.2 allow # x"}) {
    EXPECT_NE(fault_of(line).find("line 1 "), std::string::npos) << line << ": " << fault_of(line);
  }
}

TEST(Flows, ACommentOfARule_StandsForEachOfItsPeers) {
  EXPECT_EQ(words_of_comment("shop/a ingress[0]"), (std::set<std::string>{"shop/a ingress[0]"}));
  EXPECT_EQ(words_of_comment("shop/a egress[1] to[2]"), (std::set<std::string>{"shop/a egress[1] to[2]"}));
  EXPECT_EQ(
      words_of_comment("shop/a ingress[0] from[0-1,3]"),
      (std::set<std::string>{"shop/a ingress[0] from[0]", "shop/a ingress[0] from[1]", "shop/a ingress[0] from[3]"}));
}

}  // namespace
}  // namespace selvedge::test
