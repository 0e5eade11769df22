// One event, one line, whatever names it holds.
#include "controller/agent/log.h"

#include <gtest/gtest.h>

#include "controller/text/printable.h"

namespace selvedge::agent {
namespace {

LogLine line(std::string value) {
  return {LogLevel::info, "policy applied", {{"policy", std::move(value)}}};
}

TEST(Logfmt, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(to_logfmt(line("shop/api")), "msg=\"policy applied\" policy=shop/api");
  EXPECT_EQ(to_logfmt(line("a b")), "msg=\"policy applied\" policy=\"a b\"");
  EXPECT_EQ(to_logfmt(line("")), "msg=\"policy applied\" policy=\"\"");
  EXPECT_EQ(to_logfmt(line("a=b")), "msg=\"policy applied\" policy=\"a=b\"");
  EXPECT_EQ(to_logfmt(line("say \"x\" \\")), R"(msg="policy applied" policy="say \"x\" \\")");
}

TEST(Logfmt, KeepsAHostileNameOnOneLine) {
  EXPECT_EQ(to_logfmt(line("a\nlevel=error msg=forged")), R"(msg="policy applied" policy="a\nlevel=error msg=forged")");
  EXPECT_EQ(to_logfmt(line("a\x1b[2Jb")), R"(msg="policy applied" policy="a\u001b[2Jb")");
  EXPECT_EQ(to_logfmt(line("a\xff")), R"(msg="policy applied" policy="a\xff")");
}

TEST(JsonLog, EscapesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(to_json(line("a\"b\n")), R"("msg":"policy applied","policy":"a\"b\n")");
  EXPECT_EQ(to_json(line("a\xff")), "\"msg\":\"policy applied\",\"policy\":\"a\xef\xbf\xbd\"");
}

TEST(StderrLog, WritesWholeLines_AboveItsLevel_AndCanBeChangedWhileItRuns) {
  testing::internal::CaptureStderr();
  StderrLog log(LogFormat::logfmt, LogLevel::warning);
  log.write(line("quiet"));
  log.write({LogLevel::warning, "loud {} %v", {}});
  log.change(LogFormat::json, LogLevel::debug);
  log.write({LogLevel::debug, "as json", {}});
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find(" level=warning msg=\"loud {} %v\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\",\"level\":\"debug\",\"msg\":\"as json\"}\n"), std::string::npos) << text;
}

TEST(Printable, KeepsGoodUtf8_AndEscapesControlsAndWhatIsMalformed) {
  EXPECT_EQ(printable("größe ✓ 🙂"), "größe ✓ 🙂");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // not the shortest form
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");                    // cut off
  EXPECT_EQ(printable("\xc2\x9b"), "\\u009b");                       // CSI in one byte
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\u202e");                   // right-to-left override
  EXPECT_EQ(printable(std::string("\0\x7f", 2)), "\\u0000\\u007f");
}

}  // namespace
}  // namespace selvedge::agent
