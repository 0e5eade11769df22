// A rule that logs decides nothing; what nft or the kernel would not take of it, validate() and apply() refuse.
#include <cerrno>

#include <gtest/gtest.h>

#include "nft/references.h"
#include "nft/simulate.h"
#include "nft/text.h"
#include "nft/transaction.h"
#include "nft/validate.h"

namespace selvedge::nft {
namespace {

Log log_of(std::string prefix) {
  return {.rate = 10, .burst = 20, .group = 100, .prefix = std::move(prefix)};
}

Table table_with(std::vector<Rule> rules) {
  Table table;
  table.name = "selvedge";
  table.chains["forward"] = {Base{Hook::forward, -10}, std::move(rules)};
  return table;
}

std::vector<std::string> faults_of(const Log& log) {
  std::vector<std::string> messages;
  for (const auto& fault : validate(table_with({Rule{{}, "", log, ""}}))) messages.push_back(fault.message);
  return messages;
}

TEST(LogRule, IsSpelledAsNftListsIt) {
  EXPECT_EQ(to_text(Rule{{MatchCtState{MatchCtState::invalid}}, "", log_of("selvedge deny egress a/b"), "why"}),
            "ct state invalid limit rate 10/second burst 20 packets log prefix \"selvedge deny egress a/b\" group 100 "
            "comment \"why\"");
}

TEST(LogRule, LetsThePacketGoOn_AndIsAmongTheRulesThatItMet) {
  Packet packet{};
  packet.source = *parse_address("10.0.0.1");
  packet.destination = *parse_address("10.0.0.2");
  packet.protocol = 6;
  EXPECT_EQ(simulate(table_with({Rule{{}, "", log_of("a"), ""}, Rule{{}, "", Drop{}, ""}}), packet),
            (Outcome{false, {{"forward", 0}, {"forward", 1}}}));
  EXPECT_EQ(simulate(table_with({Rule{{}, "", log_of("a"), ""}}), packet), (Outcome{true, {{"forward", 0}}}));
  const Rule other{{MatchProtocol{17}}, "", log_of("a"), ""};
  EXPECT_EQ(simulate(table_with({other, Rule{{}, "", Drop{}, ""}}), packet), (Outcome{false, {{"forward", 1}}}));
}

TEST(LogRule, ThatTheKernelOrNftWouldNotTake_IsAFault) {
  EXPECT_EQ(faults_of(log_of("selvedge deny egress abcdefghijklmnop-shop/api.v1")), std::vector<std::string>{});
  EXPECT_EQ(faults_of(log_of(std::string(127, 'x'))), std::vector<std::string>{});
  EXPECT_EQ(faults_of(log_of(std::string(128, 'x'))),
            std::vector<std::string>{"a log's prefix has 128 bytes, not 1 to 127"});
  EXPECT_EQ(faults_of(log_of("")), std::vector<std::string>{"a log's prefix has 0 bytes, not 1 to 127"});
  for (const char* text : {"a\"b", "a\nb", "a$b", "a\\b", "a\x7f"})
    EXPECT_EQ(faults_of(log_of(text)).size(), 1U) << text;
  EXPECT_EQ(faults_of({.rate = 0, .burst = 20, .group = 0, .prefix = "a"}),
            std::vector<std::string>{"a log's rate and burst are not both above 0: it never logs"});
  EXPECT_EQ(faults_of({.rate = 1, .burst = 0, .group = 0, .prefix = "a"}).size(), 1U);
}

TEST(LogRule, IsNothingThatAMapMayHold) {
  const Key key = key_of(*parse_address("10.0.0.1"));
  Table table = table_with({});
  table.maps["m"] = {address_type(Family::v4), "", {{key, log_of("a")}}};
  ASSERT_EQ(validate(table).size(), 1U);
  EXPECT_EQ(validate(table)[0].message, "element 10.0.0.1 dispatches or logs: only rules can");
  table.maps["m"].elements.clear();
  const auto refused = apply(table, {AddTable{}, AddMapElements{"m", {{key, log_of("a")}}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_FALSE(fits_in_map(log_of("a")));
  EXPECT_TRUE(fits_in_map(Drop{}));
}

}  // namespace
}  // namespace selvedge::nft
