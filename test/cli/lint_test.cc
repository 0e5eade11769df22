// `selvedge lint` as the built program does it: streams, exit status, and that each form is what it says it is.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/agent/program.h"
#include "test/cli/xml.h"
#include "test/support/api_server.h"

namespace selvedge {
namespace {

using nlohmann::json;
using test::Finished;
using test::run_program;

const std::string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";
const std::string data = SELVEDGE_SOURCE_DIR "/test/cli/data/";

Finished lint(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), "lint");
  return run_program(arguments, input);
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string broken =
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: b, namespace: shop}, spec: {podSelector: "
    "{}, ingress: [{ports: [{port: 9, endPort: 8}]}]}}";

// Everything that a value can hold: ends of elements, quotes, controls, reversals, what is no character to XML.
const std::string hostile = R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"b",
  "namespace":"shop"},"spec":{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":
  "]]></failure><x y='&\"\n\u001b[31m\u0000\u202eevil\ufffe\uffff"}}]}]}})";

TEST(LintCommand, OfTheTutorial_TellsOfItByObject_AndWarningsAreStatus0) {
  const Finished done = lint({"-f", examples});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.err, "");
  EXPECT_TRUE(contains(done.out, "\nNetworkPolicy production/api  " + examples + "/policies.yaml:")) << done.out;
  EXPECT_EQ(std::regex_replace(done.out, std::regex("  [^ ]+\\.yaml:[0-9]+\n"), "\n"),
            R"(Namespace monitoring
  info     pods-not-isolated          has 1 pod that no policy selects (prometheus-0); anyone may reach them, and they anyone

Namespace production
  info     pods-not-isolated          has 2 pods that no policy selects (frontend-0, postgres-0); anyone may reach them, and they anyone

Namespace quality
  info     pods-not-isolated          has 1 pod that no policy selects (tester-0); anyone may reach them, and they anyone

NetworkPolicy production/api
  warning  egress-without-dns         spec.egress allows nobody on port 53, nor does another policy of pod production/api-0; it cannot resolve names
  warning  two-elements-meant-as-one  spec.ingress[0].from[0] namespaceSelector "environment=production" and podSelector "role=frontend" are two elements, so that either is enough: all pods of those namespaces, and the pods of namespace production; in one element both must hold

0 errors, 2 warnings, 3 info; 3 policies, 6 pods looked at
)");
}

TEST(LintCommand, WithExplain_SaysWhyAndWhatToDo) {
  const Finished done = lint({"-f", examples, "--explain", "--rule", "egress-without-dns"});
  EXPECT_TRUE(contains(done.out, "\n           why: The pods may reach something, ")) << done.out;
  EXPECT_TRUE(contains(done.out, "\n           fix: Allow UDP and TCP 53 to the DNS pods")) << done.out;
}

TEST(LintCommand, FailsFromTheSeverityThatItIsTold) {
  EXPECT_EQ(lint({"-f", examples, "--fail-on", "warning"}).status, 1);
  EXPECT_EQ(lint({"-f", examples, "--fail-on", "info"}).status, 1);
  EXPECT_EQ(lint({"-f", examples, "--fail-on", "warning", "--rule", "pods-not-isolated"}).status, 0);
  EXPECT_EQ(lint({"-f", "-"}, broken).status, 1);
  EXPECT_EQ(lint({"-f", "-", "--fail-on", "never"}, broken).status, 0);
}

TEST(LintCommand, WronglyUsed_NamesTheNearestRightWord) {
  const std::vector<std::vector<std::string>> wrong = {{"--fail-on", "warn", "\"warning\""},
                                                       {"--output", "sarfi", "\"sarif\""},
                                                       {"--rule", "egress-dns", "\"egress-without-dns\""}};
  for (const auto& one : wrong) {
    const Finished done = lint({"-f", examples, one[0], one[1]});
    EXPECT_EQ(done.status, 2);
    EXPECT_EQ(done.out, "");
    EXPECT_TRUE(contains(done.err, one[0] + ": \"" + one[1] + "\"") && contains(done.err, one[2])) << done.err;
  }
}

TEST(LintCommand, WithFlagsThatDoNotGoTogether_HasStatus2) {
  EXPECT_EQ(lint({"-f", examples, "-n", "shop"}).status, 2);
  EXPECT_EQ(lint({"--list", "-o", "junit"}).status, 2);
}

TEST(LintCommand, OfWhatCannotBeParsed_HasStatus3_AndNoOutput) {
  const Finished done = lint({"-f", data + "broken/broken.yaml", "-o", "sarif"});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(contains(done.err, "selvedge: lint: ") && contains(done.err, "line 4, column")) << done.err;
}

TEST(LintCommand, OfARepository_LetsSamplePodsStandForWorkloads_WithoutTheirAddresses) {
  const Finished done = lint({"-f", data + "repository", "-f", "-"}, R"({"apiVersion":"networking.k8s.io/v1",
    "kind":"NetworkPolicy","metadata":{"name":"api","namespace":"shop"},
    "spec":{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"192.0.2.0/24"}}]}]}})");
  EXPECT_EQ(done.status, 0);
  EXPECT_TRUE(contains(done.out, "policy-selects-nothing")) << done.out;
  EXPECT_FALSE(contains(done.out, "covers")) << done.out;
}

TEST(LintCommand, OfPoliciesAlone_SaysThatPodsAreUnknown_AndNothingThatRestsOnThem) {
  const Finished done = lint({"-f", examples + "/policies.yaml"});
  EXPECT_TRUE(contains(done.out, "\nunknown: there are no pods and no workloads in the input; ")) << done.out;
  EXPECT_TRUE(contains(done.out, "two-elements-meant-as-one"));
  EXPECT_FALSE(contains(done.out, "selects no") || contains(done.out, "matches no")) << done.out;
}

TEST(LintCommand, OfAPolicyInANamespaceThatIsNotGiven_SaysSo) {
  const std::string lost =
      "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n{apiVersion: networking.k8s.io/v1, kind: "
      "NetworkPolicy, metadata: {name: b, namespace: shpo}, spec: {podSelector: {}}}";
  EXPECT_TRUE(contains(lint({"-f", "-"}, lost).out, "namespace-missing")) << lint({"-f", "-"}, lost).out;
}

TEST(LintCommand, CountsWhatAnAnnotationSuppresses) {
  const std::string known =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: b, namespace: shop, annotations: "
      "{selvedge.io/ignore: end-port-invalid}}, spec: {ingress: [{ports: [{port: 9, endPort: 8}]}]}}";
  const Finished done = lint({"-f", "-"}, known);
  EXPECT_EQ(done.status, 0);
  EXPECT_TRUE(contains(done.out, "; 1 more finding suppressed by annotation; 1 policy, ")) << done.out;
  const auto sarif = json::parse(lint({"-f", "-", "-o", "sarif"}, known).out);
  EXPECT_EQ(sarif["runs"][0]["results"][0]["suppressions"], json::parse(R"([{"kind": "inSource"}])"));
}

// ---- forms --------------------------------------------------------------------------

TEST(LintCommand, AsJson_HasTheFieldsThatAreDocumented) {
  const auto done = json::parse(lint({"-f", "-", "-o", "json"}, broken).out);
  EXPECT_EQ(done["findings"][0]["rule"], "end-port-invalid");
  EXPECT_EQ(done["findings"][0]["severity"], "error");
  EXPECT_EQ(done["findings"][0]["kind"], "NetworkPolicy");
  EXPECT_EQ(done["findings"][0]["namespace"], "shop");
  EXPECT_EQ(done["findings"][0]["name"], "b");
  EXPECT_EQ(done["findings"][0]["field"], "spec.ingress[0].ports[0].endPort");
  EXPECT_EQ(done["findings"][0]["count"], 1);
  EXPECT_EQ(done["counts"]["error"], 1);
  EXPECT_EQ(done["policies"], 1);
  EXPECT_EQ(done["suppressed"], json::array());
  EXPECT_EQ(done["unknown"].size(), 1U);
}

TEST(LintCommand, AsSarif_HasWhatTheStandardRequires) {
  const auto sarif = json::parse(lint({"-f", examples, "-o", "sarif"}).out);
  EXPECT_EQ(sarif["version"], "2.1.0");
  const auto& run = sarif["runs"].at(0);
  EXPECT_EQ(run["tool"]["driver"]["name"], "selvedge");
  const auto& rules = run["tool"]["driver"]["rules"];
  ASSERT_EQ(run["results"].size(), 5U);
  for (const auto& result : run["results"]) {
    EXPECT_EQ(rules.at(result["ruleIndex"].get<std::size_t>())["id"], result["ruleId"]);
    EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
    EXPECT_TRUE(result["level"] == "warning" || result["level"] == "note") << result;
    EXPECT_FALSE(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].get<std::string>().empty());
    EXPECT_FALSE(result.contains("suppressions"));
    const auto place = result["locations"][0]["physicalLocation"];
    EXPECT_TRUE(place["artifactLocation"]["uri"].get<std::string>().ends_with(".yaml")) << place;
    EXPECT_GE(place["region"]["startLine"], 1) << place;
  }
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], true);
}

TEST(LintCommand, AsJunit_IsWellFormed_AndCountsItsFailures) {
  const Finished done = lint({"-f", examples, "-o", "junit", "--fail-on", "warning"});
  EXPECT_EQ(done.status, 1);
  const auto xml = test::read_xml(done.out);
  ASSERT_TRUE(xml) << xml.error();
  EXPECT_EQ(xml->elements.at("testcase"), 5U);
  EXPECT_EQ(xml->elements.at("failure"), 2U);
  EXPECT_TRUE(contains(done.out, "<testsuite name=\"selvedge lint\" tests=\"5\" failures=\"2\" errors=\"0\">"));
  const auto none = test::read_xml(lint({"-f", "-", "-o", "junit"}, "").out);
  ASSERT_TRUE(none) << none.error();
  EXPECT_EQ(none->elements.at("testcase"), 1U) << "a report without cases is an error to some";
}

TEST(LintCommand, OfHostileValues_StaysWellFormedInEveryForm) {
  const Finished text = lint({"-f", "-"}, hostile);
  EXPECT_EQ(text.status, 1);
  EXPECT_FALSE(contains(text.out, "\x1b") || contains(text.out, "\xe2\x80\xae")) << text.out;
  EXPECT_TRUE(contains(text.out, "not-understood")) << text.out;
  const auto xml = test::read_xml(lint({"-f", "-", "-o", "junit"}, hostile).out);
  ASSERT_TRUE(xml) << xml.error();
  EXPECT_EQ(xml->elements.count("x"), 0U);
  for (const char* form : {"json", "sarif"}) {
    const Finished done = lint({"-f", "-", "-o", form}, hostile);
    EXPECT_TRUE(json::accept(done.out)) << done.out;
    EXPECT_TRUE(std::ranges::all_of(done.out, [](char c) { return c == '\n' || (c >= ' ' && c < 127); })) << form;
  }
}

TEST(LintCommand, OfVeryManyFindings_TellsTheFirstOfARule_AndHowManyMore_ButEveryError) {
  std::string policies;
  for (int i = 0; i < 150; ++i)
    policies += "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p" + std::to_string(i) +
                ", namespace: shop}, spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.1/8}}], ports: [{port: " +
                std::to_string(i + 100) + "}, {port: 2, endPort: 1}]}]}}\n---\n";
  const std::string out = lint({"-f", "-"}, policies).out;
  EXPECT_TRUE(contains(out, "\n50 more of cidr-with-host-bits are not shown; --rule cidr-with-host-bits shows them\n"))
      << out;
  EXPECT_FALSE(contains(out, "more of end-port-invalid"));
  EXPECT_TRUE(contains(out, "\n150 errors, 150 warnings, ")) << out;
  EXPECT_FALSE(contains(lint({"-f", "-", "--rule", "cidr-with-host-bits"}, policies).out, "not shown"));
}

// ---- the table of rules ---------------------------------------------------------------

TEST(LintCommand, WithList_PrintsTheTableThatTheDocumentationHas) {
  const Finished list = lint({"--list", "--explain"});
  EXPECT_EQ(list.status, 0);
  std::stringstream text;
  text << std::ifstream(SELVEDGE_SOURCE_DIR "/docs/lint.md").rdbuf();
  EXPECT_TRUE(contains(text.str(), "```\n" + list.out + "```\n")) << "docs/lint.md: replace the table by\n" << list.out;
  const auto rules = json::parse(lint({"--list", "-o", "json"}).out);
  const std::string brief = lint({"--list"}).out;
  EXPECT_EQ(rules["rules"].size(), static_cast<std::size_t>(std::count(brief.begin(), brief.end(), '\n')));
}

// ---- a live cluster ---------------------------------------------------------------------

class LiveLint : public testing::Test {
 protected:
  test::ApiServer server;
  std::string kubeconfig = testing::TempDir() + "selvedge-lint-kubeconfig";
  LiveLint() {
    std::ofstream(kubeconfig) << server.kubeconfig();
    server.put(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    server.put(R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny",
      "namespace":"shop"},"spec":{"podSelector":{"matchLabels":{"app":"x"}}}})");
  }
  ~LiveLint() override { std::remove(kubeconfig.c_str()); }
  void forbid(const std::string& path) {
    server.answer_next(path, {.status = 403, .headers = {}, .body = R"({"kind":"Status","message":"not you"})"}, 100);
  }
};

TEST_F(LiveLint, TellsWhatTheFilesWould) {
  const Finished done = lint({"--kubeconfig", kubeconfig, "--fail-on", "warning"});
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_TRUE(contains(done.out, "policy-selects-nothing")) << done.out;
  EXPECT_FALSE(contains(done.out, "unknown:")) << done.out;
}

TEST_F(LiveLint, WherePodsMayNotBeListed_SaysSo_AndNothingThatRestsOnThem) {
  forbid("/api/v1/pods");
  forbid("/api/v1/namespaces/shop/pods");
  const Finished done = lint({"--kubeconfig", kubeconfig, "--fail-on", "warning"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "unknown: cannot list pods (GET /api/v1/pods")) << done.out;
  EXPECT_FALSE(contains(done.out, "policy-selects-nothing")) << done.out;
}

TEST_F(LiveLint, WhereOnlySomeNamespacesMayBeListed_LooksAtThose_AndSaysWhichAreMissing) {
  server.put(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bank"}})");
  for (const char* path : {"/api/v1/pods", "/apis/networking.k8s.io/v1/networkpolicies", "/api/v1/namespaces/bank/pods",
                           "/apis/networking.k8s.io/v1/namespaces/bank/networkpolicies"})
    forbid(path);
  const Finished done = lint({"--kubeconfig", kubeconfig, "--fail-on", "warning"});
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_TRUE(contains(done.out, "policy-selects-nothing")) << done.out;
  EXPECT_TRUE(contains(done.out, "unknown: NetworkPolicies of namespaces bank may not be listed")) << done.out;
  EXPECT_TRUE(contains(done.out, "unknown: Pods of namespaces bank may not be listed")) << done.out;
}

TEST_F(LiveLint, WhereNamespacesMayNotBeListed_LooksAtTheOnesThatAreNamed) {
  for (const char* path : {"/api/v1/namespaces?", "/api/v1/pods", "/apis/networking.k8s.io/v1/networkpolicies"})
    forbid(path);
  EXPECT_EQ(lint({"--kubeconfig", kubeconfig}).status, 3);
  const Finished done = lint({"--kubeconfig", kubeconfig, "--fail-on", "warning", "-n", "shop"});
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_TRUE(contains(done.out, "policy-selects-nothing")) << done.out;
  EXPECT_TRUE(contains(done.out, "unknown: cannot list namespaces")) << done.out;
  EXPECT_TRUE(contains(done.out, "unknown: Pods of other namespaces than shop may not be listed")) << done.out;
}

TEST_F(LiveLint, WherePoliciesMayBeListedNowhere_HasStatus3) {
  forbid("/apis/networking.k8s.io/");
  const Finished done = lint({"--kubeconfig", kubeconfig});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(contains(done.err, "networkpolicies") && contains(done.err, "403")) << done.err;
}

}  // namespace
}  // namespace selvedge
