// `selvedge verify` as the built program does it. That it sees every difference is test/verify's and the laws'.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/agent/program.h"

namespace selvedge {
namespace {

using test::Finished;
using test::run_program;

const std::string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";

TEST(VerifyCommand, OfTheRenderedTable_SaysHowManyClasses) {
  const Finished done = run_program({"verify", "-f", examples, "--rendered", "--node", "node-a"});
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_TRUE(done.out.starts_with("verified: 6 addresses of pods, ")) << done.out;
  EXPECT_TRUE(done.out.ends_with(" packet classes, 0 differences\n")) << done.out;
}

TEST(VerifyCommand, OfANodeThatIsNotThere_ProvesNothing) {
  const Finished done = run_program({"verify", "-f", examples, "--rendered", "--node", "nod-a"});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_NE(done.err.find("no Node of that name; did you mean \"node-a\"?"), std::string::npos) << done.err;
}

TEST(VerifyCommand, AsJson_HasTimeAndDigest) {
  const Finished done = run_program({"verify", "-f", examples, "--rendered", "--node", "node-a", "-o", "json"});
  const auto json = nlohmann::json::parse(done.out);
  EXPECT_EQ(json["verified"], true);
  EXPECT_EQ(json["table"], "rendered");
  EXPECT_EQ(json["digest"].get<std::string>().size(), std::string("sha256:").size() + 64);
  EXPECT_EQ(json["time"].get<std::string>().size(), std::string("2026-01-01T00:00:00Z").size());
  EXPECT_TRUE(json["differences"].empty());
}

}  // namespace
}  // namespace selvedge
