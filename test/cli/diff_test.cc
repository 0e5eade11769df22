// `selvedge diff` as the built program does it: forms, streams and exit status.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/agent/program.h"
#include "test/support/temporary_directory.h"

namespace selvedge {
namespace {

using test::Finished;
using test::run_program;

const std::string cluster = SELVEDGE_SOURCE_DIR "/examples/tutorial/cluster.yaml";
const std::string policies = SELVEDGE_SOURCE_DIR "/examples/tutorial/policies.yaml";

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The examples, and the same with one word of the tutorial's policy changed.
struct States {
  test::TemporaryDirectory directory;
  std::string before = directory.write("before.yaml", contents(cluster) + "\n---\n" + contents(policies));
  std::string after;

  States(const std::string& from, const std::string& to) {
    std::string text = contents(before);
    text.replace(text.find(from), from.size(), to);
    after = directory.write("after.yaml", text);
  }
};

TEST(Diff, OfEqualStates_HasStatus0) {
  const Finished done = run_program({"diff", SELVEDGE_SOURCE_DIR "/examples/tutorial", SELVEDGE_SOURCE_DIR "/examples/tutorial"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "no difference\n");
}

TEST(Diff, OfAPortThatIsAnother_SaysWhoGainsAndLoses_ThenRules) {
  const States states("port: 443", "port: 8443");
  const Finished done = run_program({"diff", states.before, states.after});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(
      done.out.starts_with("connections:\n  from production/Pod/api-0\n    + tcp/8443 to 203.0.113.0/24 but for "
                           "203.0.113.5/32, 203.0.113.5/32, anywhere else, monitoring/Pod/prometheus-0, "))
      << done.out;
  EXPECT_NE(done.out.find("rules:\n    chain policy-egress-"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("\n      - tcp dport 443 "), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("\n      + tcp dport 8443 "), std::string::npos) << done.out;
}

TEST(Diff, AsJsonAndMarkdown_SaysTheSame) {
  const States states("role: frontend\n        - ipBlock", "role: front\n        - ipBlock");
  const auto json = nlohmann::json::parse(run_program({"diff", states.before, states.after, "-o", "json"}).out);
  EXPECT_EQ(json["differ"], true);
  EXPECT_TRUE(json["connections"].empty());  // the namespaceSelector lets the frontend in all the same
  EXPECT_FALSE(json["rules"].empty());
  const States lost("port: 443", "port: 444");
  const std::string table = run_program({"diff", lost.before, lost.after, "-o", "markdown"}).out;
  EXPECT_TRUE(
      table.starts_with("| | from | ports | to |\n|---|---|---|---|\n| gained | production/Pod/api-0 | tcp/444 | "))
      << table;
  EXPECT_NE(table.find("| **lost** | production/Pod/api-0 | tcp/443 | 203.0.113.0/24 but for 203.0.113.5/32, "),
            std::string::npos)
      << table;
}

TEST(Diff, OfWhatCannotBeRead_HasStatus3_AndOfWrongWords2) {
  const Finished done = run_program({"diff", cluster, "/nowhere"});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_NE(done.err.find("/nowhere"), std::string::npos);
  EXPECT_EQ(run_program({"diff", cluster}).status, 2);
  EXPECT_EQ(run_program({"diff", "-", "-"}).status, 2);
  EXPECT_EQ(run_program({"diff", cluster, cluster, "-o", "html"}).status, 2);
}

}  // namespace
}  // namespace selvedge
