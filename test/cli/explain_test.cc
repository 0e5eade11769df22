// `selvedge explain` as the built program does it: streams and exit status. What it says is test/explain's.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/agent/program.h"

namespace selvedge {
namespace {

using test::Finished;
using test::run_program;

const std::string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";

Finished explain(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"explain", "-f", examples});
  return run_program(arguments);
}

TEST(ExplainCommand, OfTheTutorial_HasTheVerdictFirst_AndStatus0ForEither) {
  const Finished allowed = explain({"production/frontend-0", "production/api", "tcp/3000"});
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_TRUE(allowed.out.starts_with("allowed: production/frontend-0 (")) << allowed.out;
  const Finished denied = explain({"203.0.113.5", "production/api", "tcp/3000"});
  EXPECT_EQ(denied.status, 0) << denied.err;
  EXPECT_TRUE(denied.out.starts_with("denied: 203.0.113.5 -> production/api-0 (10.244.1.5) tcp/3000\n")) << denied.out;
}

TEST(ExplainCommand, OfOneName_SaysWhoMayComeInAndWhereItMayGo) {
  const Finished done = explain({"production/api"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, R"(app=api in production (1 pod)
  in: isolated by production/api
    tcp/3000 from 203.0.113.0/24 but for 203.0.113.5/32, monitoring/Pod/prometheus-0, production/Pod/frontend-0, production/Pod/postgres-0
  out: isolated by production/api
    tcp/443 to 203.0.113.0/24 but for 203.0.113.5/32, 203.0.113.5/32, anywhere else, monitoring/Pod/prometheus-0, nodes such as node-a, production/Pod/frontend-0, quality/Pod/tester-0
    tcp/443, tcp/5432 to production/Pod/postgres-0
  its own node always reaches it, and answers always pass
)");
  EXPECT_EQ(explain({"203.0.113.5"}).status, 3);
  EXPECT_EQ(explain({"production/api", "--rules"}).status, 2);
  const auto json = nlohmann::json::parse(explain({"production/api", "-o", "json"}).out);
  EXPECT_EQ(json["parties"][0]["ingress"]["ways"][0]["ports"], "tcp/3000");
}

TEST(ExplainCommand, OfAnAuditedNamespace_IsAllowed_AndSaysWhatWouldDenyIt) {
  const Finished done = explain({"203.0.113.5", "production/api", "tcp/3000", "--audit", "production"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("allowed: 203.0.113.5 -> production/api-0 (10.244.1.5) tcp/3000\n")) << done.out;
  EXPECT_NE(done.out.find("  ingress of production/api-0: allowed, because namespace production is audited only: it "
                          "would be denied, isolated by production/api\n    not by production/api ingress[0] from[2]"),
            std::string::npos)
      << done.out;
  EXPECT_EQ(explain({"203.0.113.5", "production/api", "3000", "--audit", "production", "--expect", "allow"}).status, 0);
  const auto json = nlohmann::json::parse(
      explain({"203.0.113.5", "production/api", "3000", "--audit", "production", "-o", "json"}).out);
  EXPECT_EQ(json["answers"][0]["sides"][1]["audited"], true);
  EXPECT_EQ(json["answers"][0]["sides"][1]["allowed"], true);
  const Finished access = explain({"production/api", "--audit", "production"});
  EXPECT_NE(access.out.find("in: isolated by production/api, but its namespace is audited: what they deny is told, and "
                            "passes\n    all ports from "),
            std::string::npos)
      << access.out;
}

TEST(ExplainCommand, WithExpect_HasStatus1WhereItIsOtherwise) {
  EXPECT_EQ(explain({"203.0.113.5", "production/api", "3000", "--expect", "deny"}).status, 0);
  const Finished other = explain({"203.0.113.5", "production/api", "3000", "--expect", "allow"});
  EXPECT_EQ(other.status, 1);
  EXPECT_EQ(other.err, "selvedge: explain: allow was expected\n");
  EXPECT_EQ(explain({"203.0.113.5", "production/api", "3000", "--expect", "maybe"}).status, 2);
}

TEST(ExplainCommand, OfWhatIsNotThere_HasStatus3_AndAnEmptyOutput) {
  const Finished done = explain({"production/nobody", "production/api", "3000"});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(done.err.starts_with("selvedge: explain: \"production/nobody\" is no pod, ")) << done.err;
  EXPECT_EQ(explain({"production/api", "3000"}).status, 2);
}

TEST(ExplainCommand, WhereAPolicyWasNotUnderstood_HasStatus1) {
  const std::string broken =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: b, namespace: quality}, spec: "
      "{podSelector: 7}}";
  const Finished done =
      run_program({"explain", "-f", examples, "-f", "-", "quality/tester-0", "8.8.8.8", "53"}, broken);
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(done.out.starts_with("denied: ")) << done.out;
  EXPECT_NE(done.err.find("NetworkPolicy quality/b: spec.podSelector "), std::string::npos) << done.err;
}

TEST(ExplainCommand, AsJson_HasTheSameToSay) {
  const Finished done = explain({"quality/tester-0", "production/api", "3000", "-o", "json"});
  const auto json = nlohmann::json::parse(done.out);
  EXPECT_EQ(json["verdict"], "denied");
  EXPECT_EQ(json["answers"].size(), 1U);
  const auto& ingress = json["answers"][0]["sides"][1];
  EXPECT_EQ(ingress["direction"], "ingress");
  EXPECT_EQ(ingress["isolatedBy"], nlohmann::json::array({"production/api"}));
  EXPECT_EQ(ingress["nearest"][0]["rule"], "production/api ingress[0] from[0]");
  EXPECT_EQ(ingress["nearest"][0]["lacks"],
            nlohmann::json::array({"namespace quality: label environment=production missing"}));
}

TEST(ExplainCommand, WhereARuleSaysNothing_SaysSo_WithStatusOne) {
  const std::string closed = SELVEDGE_SOURCE_DIR "/test/cli/data/odd/closed.yaml";
  const auto done = run_program({"explain", "-f", closed, "203.0.113.7", "shop/api-0", "443"});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(done.out.starts_with("denied: ")) << done.out;
  EXPECT_NE(done.err.find("\"203.0.113.0/240\" is not a CIDR"), std::string::npos) << done.err;
}

}  // namespace
}  // namespace selvedge
