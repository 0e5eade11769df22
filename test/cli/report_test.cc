// `selvedge report` as the built program does it: forms, streams, exit status, and a page in which nothing from outside
// is markup. What the page does in a browser is tried in test/browser.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/cli/report_words.h"
#include "test/agent/program.h"
#include "test/support/api_server.h"
#include "test/support/temporary_directory.h"

namespace selvedge {
namespace {

using std::string;
using test::Finished;
using test::run_program;

const string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";

bool has(const string& text, const string& part) {
  return text.find(part) != string::npos;
}

string between(const string& text, const string& begin, const string& end) {
  const std::size_t from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

TEST(Report, OfTheExamples_IsOnePage_ThatLoadsNothing) {
  const Finished done = run_program({"report", "-f", examples});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("<!doctype html>\n"));
  EXPECT_TRUE(has(done.out, "content=\"default-src 'none'; script-src 'sha256-"));
  for (const char* loads : {" src=", " href=", "url(h", "url(/", "url(d", "url('", "@import", "fetch(",
                            "XMLHttpRequest", "innerHTML", "eval("})
    EXPECT_FALSE(has(done.out, loads)) << loads;
}

TEST(Report, OfTheExamples_HasItsDataAsJson_WhichTheScriptsRead) {
  const string page = run_program({"report", "-f", examples}).out;
  const auto data = nlohmann::json::parse(between(page, "id=\"data\">", "</script>"));
  EXPECT_EQ(data["policies"].size(), 3U);
  EXPECT_EQ(data["policies"][0]["name"], "api");
  EXPECT_EQ(data["title"], examples);
}

TEST(Report, AsText_SaysFiguresAMatrixAndEachWorkload) {
  const Finished done = run_program({"report", "-f", examples, "-o", "text"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(has(done.out, "6 workloads with 6 pods in 4 namespaces, 3 policies\n")) << done.out;
  EXPECT_TRUE(has(done.out, "from (lines) to (columns): . denied")) << done.out;
  EXPECT_TRUE(has(done.out, "\nproduction/Pod/api-0, 1 pod\n  in: isolated by production/api\n    tcp/3000 from "))
      << done.out;
  EXPECT_TRUE(has(done.out, "  out: isolated by production/api\n    tcp/443, tcp/5432 to production/Pod/postgres-0\n"))
      << done.out;
}

TEST(Report, AsJson_SaysWhoReachesWhom_ByRunsOfSubjects) {
  const auto json = nlohmann::json::parse(run_program({"report", "-f", examples, "-o", "json"}).out);
  const auto& subjects = json["subjects"];
  const auto number = [&](const string& name) {
    return std::ranges::find_if(subjects, [&](const auto& one) { return one["name"] == name; }) - subjects.begin();
  };
  const auto& api = subjects[static_cast<std::size_t>(number("Pod/api-0"))];
  EXPECT_EQ(api["kind"], "pods");
  EXPECT_EQ(api["namespace"], "production");
  EXPECT_EQ(api["ingress"]["isolatedBy"], nlohmann::json::array({"production/api"}));
  ASSERT_EQ(api["reachedBy"].size(), 1U);
  EXPECT_EQ(api["reachedBy"][0]["ports"], "tcp/3000");
  EXPECT_EQ(api["reachedBy"][0]["verdict"], "some ports");
  const auto includes = [&](long one) {
    return std::ranges::any_of(api["reachedBy"][0]["from"],
                               [&](const auto& run) { return run[0] <= one && one <= run[1]; });
  };
  EXPECT_TRUE(includes(number("Pod/frontend-0")));
  EXPECT_FALSE(includes(number("Pod/tester-0")));
  EXPECT_FALSE(json["findings"].empty());
}

TEST(Report, OfARepository_TakesASamplePodForEachWorkload_AndSaysSo) {
  const Finished done = run_program({"report", "-f", SELVEDGE_SOURCE_DIR "/test/cli/data/repository", "-o", "text"});
  EXPECT_TRUE(has(done.out, "shop/Deployment/api")) << done.out;
  EXPECT_TRUE(has(done.err, "a sample pod stands for each workload")) << done.err;
}

TEST(Report, OfWhatFailsClosed_HasStatus1_AndIsWhole) {
  const Finished done = run_program({"report", "-f", SELVEDGE_SOURCE_DIR "/test/cli/data/odd/closed.yaml"});
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_TRUE(done.out.ends_with("</html>\n"));
}

TEST(Report, OfAFileThatIsNotThere_HasStatus3_AndPrintsNothing) {
  const Finished done = run_program({"report", "-f", "/nowhere.yaml"});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(has(done.err, "report: /nowhere.yaml")) << done.err;
}

TEST(Report, InAFormThatThereIsNot_NamesTheNearest) {
  const Finished done = run_program({"report", "-f", examples, "-o", "htm"});
  EXPECT_EQ(done.status, 2);
  EXPECT_TRUE(has(done.err, "did you mean \"html\"")) << done.err;
}

TEST(Report, OfAPathThatIsMarkup_HasItAsText) {
  const test::TemporaryDirectory directory;
  const string path = directory.write("<b>&</title><script>", "{apiVersion: v1, kind: Namespace, metadata: {name: a}}");
  const Finished done = run_program({"report", "-f", path});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(has(done.out, "&lt;b&gt;&amp;&lt;/title&gt;&lt;script&gt;"));
  EXPECT_FALSE(has(done.out, "<b>&"));
}

TEST(Report, DataOfAPage_NeitherEndItsElement_NorOpenAComment) {
  EXPECT_EQ(cli::inert(R"({"a":"</script><!--&"})"), R"({"a":"\u003c/script\u003e\u003c!--\u0026"})");
}

TEST(Report, DataOfAPage_IsAscii_AndWritesOutWhatTurnsOrHidesText) {
  k8s::Namespace ns;
  ns.meta.name = "shop";
  k8s::Pod pod;
  pod.meta.ns = "shop";
  pod.meta.name = "web";
  pod.meta.labels = {{"a\u202eb", "\xff\u2028\x1b[31m"}, {"schl\u00fcssel", "\u00fc"}};
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {"10.244.1.1"};
  const std::vector<k8s::Object> objects{ns, pod};
  const string data = cli::page_data({.report = report::report_of(objects, {}), .title = "x", .time = "y"});
  EXPECT_TRUE(std::ranges::all_of(data, [](char c) { return c >= ' ' && c <= '~'; })) << data;
  const auto labels = nlohmann::json::parse(data)["subjects"][0]["labels"];
  EXPECT_EQ(labels["a\\u202eb"], "\\xff\\u2028\\u001b[31m") << labels;
  EXPECT_EQ(labels["schl\u00fcssel"], "\u00fc");
}

// ---- a live cluster ---------------------------------------------------------------------

class LiveReport : public testing::Test {
 protected:
  test::ApiServer server;
  std::string kubeconfig = testing::TempDir() + "selvedge-report-kubeconfig";
  LiveReport() {
    std::ofstream(kubeconfig) << server.kubeconfig();
    for (const char* ns : {"shop", "bank"}) {
      server.put(string(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")") + ns + "\"}}");
      server.put(string(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":")") + ns +
                 R"("},"spec":{"containers":[]},"status":{"phase":"Running","podIP":"10.244.)" +
                 (ns[0] == 's' ? "1" : "2") + R"(.5"}})");
    }
  }
  ~LiveReport() override { std::remove(kubeconfig.c_str()); }
  void forbid(const std::string& path) {
    server.answer_next(path, {.status = 403, .headers = {}, .body = R"({"kind":"Status","message":"not you"})"}, 100);
  }
};

TEST_F(LiveReport, OfACluster_SaysWhatItsFilesWould) {
  const Finished done = run_program({"report", "--kubeconfig", kubeconfig, "-o", "text"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(has(done.out, "bank/Pod/web, 1 pod\n  in: no policy isolates it\n")) << done.out;
}

TEST_F(LiveReport, WhereThePoliciesOfANamespaceMayNotBeListed_CallsWhatRestsOnThemUnknown) {
  for (const char* path :
       {"/apis/networking.k8s.io/v1/networkpolicies", "/apis/networking.k8s.io/v1/namespaces/bank/networkpolicies"})
    forbid(path);
  const Finished done = run_program({"report", "--kubeconfig", kubeconfig, "-o", "json"});
  EXPECT_EQ(done.status, 0) << done.err;
  const auto json = nlohmann::json::parse(done.out);
  EXPECT_TRUE(has(json["unknown"].dump(), "NetworkPolicies of namespaces bank may not be listed")) << done.out;
  for (const auto& subject : json["subjects"]) {
    if (subject["kind"] != "pods") continue;
    EXPECT_EQ(subject["ingress"]["known"], subject["namespace"] == "shop");
    for (const auto& way : subject["reachedBy"])
      EXPECT_EQ(way["verdict"] == "unknown", subject["namespace"] == "bank" || way["from"][0][0] == 0) << subject;
  }
}

TEST_F(LiveReport, WherePoliciesMayBeListedNowhere_HasStatus3) {
  forbid("/apis/networking.k8s.io/");
  const Finished done = run_program({"report", "--kubeconfig", kubeconfig});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
}

}  // namespace
}  // namespace selvedge
