// `selvedge render` on files, as the built program does it: what is on which stream, and the exit status.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

#include "test/agent/program.h"
#include "test/support/api_server.h"

namespace selvedge {
namespace {

using test::Finished;
using test::run_program;

const std::string data = SELVEDGE_SOURCE_DIR "/test/cli/data/";

Finished render(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), "render");
  return run_program(arguments, input);
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
long lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(Render, PrintsTheTableOfTheOneNodeThatThePodsName_AndNothingElse) {
  const Finished done = render({"-f", data + "node"});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out.substr(0, 21), "table inet selvedge {") << done.out;
  EXPECT_TRUE(contains(done.out, "10.244.1.5 : goto pod-ingress-"));
  EXPECT_TRUE(contains(done.out, "203.0.113.0/24"));
  EXPECT_FALSE(contains(done.out, "shop/nobody"));
  EXPECT_EQ(done.out, render({"-f", data + "node", "--node", "node-a"}).out);
}

TEST(Render, IsToldWhatTheNodesDaemonIsTold) {
  const Finished done = render({"-f", data + "node", "--bridge", "kube-bridge", "--vxlan-port", "4789"});
  EXPECT_EQ(done.status, 0);
  EXPECT_TRUE(contains(done.out, "iifname != \"kube-bridge\" accept")) << done.out;
  EXPECT_TRUE(contains(done.out, "udp dport 4789"));
  const Finished wrong = render({"-f", data + "node", "--vxlan-port", "70000"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_TRUE(contains(wrong.err, "--vxlan-port: \"70000\"")) << wrong.err;
}

TEST(Render, IsToldWhatTheNodesDaemonIsToldOfItsNode) {  // semantics 81, R3
  const std::string usual = render({"-f", data + "node"}).out;
  EXPECT_TRUE(contains(usual, "chain to-node {"));
  EXPECT_EQ(render({"-f", data + "node", "--ipvs", "auto", "--own-node", "policed"}).out, usual);
  const Finished ipvs = render({"-f", data + "node", "--ipvs", "true"});
  EXPECT_EQ(ipvs.status, 0);
  EXPECT_TRUE(contains(ipvs.out, "hook output"));
  EXPECT_FALSE(contains(ipvs.out, "chain to-node {"));
  EXPECT_EQ(render({"-f", data + "node", "--own-node", "open"}).status, 2);
}

TEST(Render, ForANamedNode_SaysWhichPoliciesSelectNoPodThere) {
  const Finished here = render({"-f", data + "node", "--node", "node-a"});
  EXPECT_EQ(here.status, 0);
  EXPECT_EQ(here.err, "selvedge: NetworkPolicy shop/nobody: selects no pod on node \"node-a\", nor on another\n");
  const Finished elsewhere = render({"-f", data + "node", "--node", "node-b"});
  EXPECT_EQ(elsewhere.status, 0);
  EXPECT_FALSE(contains(elsewhere.out, "shop/"));
  EXPECT_TRUE(contains(elsewhere.err, "NetworkPolicy shop/api: selects no pod on node \"node-b\"\n")) << elsewhere.err;
  EXPECT_TRUE(contains(elsewhere.err, "did you mean \"node-a\"?")) << elsewhere.err;
}

TEST(Render, OfAPolicyThatIsHardlyMeantSo_SaysSo_WhereItHasRules_AndEndsWithZero) {  // semantics 115
  const std::string examples = SELVEDGE_SOURCE_DIR "/examples/tutorial";
  const Finished here = render({"-f", examples, "--node", "node-a"});
  EXPECT_EQ(here.status, 0);
  EXPECT_EQ(here.err,
            "selvedge: NetworkPolicy production/api: spec.egress allows nobody on port 53, nor does another policy of "
            "pod production/api-0; it cannot resolve names\n");
  const Finished elsewhere = render({"-f", examples, "--node", "node-b"});
  EXPECT_EQ(elsewhere.status, 0);
  EXPECT_FALSE(contains(elsewhere.err, "port 53")) << elsewhere.err;
}

TEST(Render, OfSamplePods_FindsNoFaultWithTheirMadeUpAddresses) {
  const Finished done = render({"-f", data + "repository", "-f", "-"}, R"({"apiVersion":"networking.k8s.io/v1",
    "kind":"NetworkPolicy","metadata":{"name":"api","namespace":"shop"},
    "spec":{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"192.0.2.0/24"}}]}]}})");
  EXPECT_EQ(done.status, 0);
  EXPECT_FALSE(contains(done.err, "covers")) << done.err;
}

TEST(Render, WithPodsOnSeveralNodes_TakesAllAsLocal_AndSaysSoAtTheHead) {
  const Finished done = render({"-f", data + "several-nodes", "-f", data + "repository/policies.yaml"});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out.substr(0, 54), "# The pods are on several nodes (node-a, node-b): all ");
  EXPECT_TRUE(contains(done.out, "10.244.1.5 : goto"));
  EXPECT_TRUE(contains(done.out, "10.244.2.5 : goto"));
  EXPECT_TRUE(contains(done.out, "-shop/nobody {")) << "unreached chains are printed";
  EXPECT_TRUE(contains(done.err, "NetworkPolicy shop/nobody: selects no pod; its chains are printed")) << done.err;
}

TEST(Render, WithoutPods_LetsASamplePodStandForEachWorkload_AndListsThemAtTheHead) {
  const Finished done = render({"-f", data + "repository"});
  EXPECT_EQ(done.status, 0);
  EXPECT_TRUE(contains(done.out, "#   Deployment shop/api: pod shop/api 192.0.2.1 2001:db8::1\n")) << done.out;
  EXPECT_TRUE(contains(done.out, "#   StatefulSet shop/api: pod shop/statefulset.api 192.0.2.2 2001:db8::2\n"));
  EXPECT_TRUE(contains(done.out, "#   DaemonSet shop/agent: pod shop/agent on the host's network"));
  EXPECT_TRUE(contains(done.out, "192.0.2.1 : goto pod-ingress-"));
  EXPECT_TRUE(contains(done.out, "2001:db8::1 : goto pod-ingress-"));
  EXPECT_TRUE(contains(done.out, "203.0.113.0/24")) << "the policy that selects nobody";
  EXPECT_TRUE(contains(done.err, "NetworkPolicy shop/nobody: selects no pod; its chains are printed"));
}

TEST(Render, OfTheSameInput_IsTheSameBytes_InWhateverOrderItComes) {
  const Finished once = render({"-f", data + "repository", "-f", data + "node"});
  const Finished again = render({"-f", data + "node", "-f", data + "repository"});
  EXPECT_EQ(once.status, 0);
  EXPECT_EQ(lines_of(once.err), 3) << once.err;
  EXPECT_TRUE(contains(once.err, "NetworkPolicy shop/api: is given more than once; the last one counts")) << once.err;
  EXPECT_NE(once.out, again.out) << "the last definition of shop/api counts";
  EXPECT_EQ(again.out, render({"-f", data + "node", "-f", data + "repository"}).out);
  EXPECT_EQ(render({"-f", data + "several-nodes", "-f", data + "repository"}).out,
            render({"-f", data + "repository", "-f", data + "several-nodes"}).out);
}

TEST(Render, ReadsStandardInput) {
  const Finished done = render({"-f", "-"}, R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"x"},
    "spec":{"nodeName":"n","containers":[]},"status":{"phase":"Running","podIP":"10.244.1.5"}})");
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out.substr(0, 19), "table inet selvedge");
}

TEST(Render, WithSomethingThatFailedClosed_PrintsTheWholeTable_AndEndsWithOne) {
  const Finished done = render({"-f", data + "odd/closed.yaml"});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.out, "198.51.100.0/24"));
  EXPECT_TRUE(contains(done.out, "10.244.1.5 : goto"));
  EXPECT_TRUE(contains(done.err, "NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock.cidr")) << done.err;
}

TEST(Render, OfAFieldOfTheWrongType_EndsWithOne_AndNamesTheField) {
  const Finished done = render({"-f", data + "odd/types.yaml"});
  EXPECT_EQ(done.status, 1);
  EXPECT_TRUE(contains(done.err, "NetworkPolicy shop/api: spec.podSelector")) << done.err;
}

TEST(Render, OfNamesWithNewlines_NeverPrintsThemAsLines) {
  const Finished done = render({"-f", data + "odd/hostile.yaml"});
  EXPECT_TRUE(contains(done.out, "node-a\\nadd table inet mine")) << done.out;
  EXPECT_FALSE(contains(done.out, "\nadd table"));
  EXPECT_FALSE(contains(done.out + done.err, "\x1b"));
}

TEST(Render, OfWhatCannotBeReadOrParsed_PrintsNothingOnStdout_AndEndsWithThree) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {data + "broken/broken.yaml", "line 4, column"},
      {data + "broken/nameless.yaml", "metadata.name is missing"},
      {data + "missing.yaml", "No such file"}};
  for (const auto& [path, why] : bad) {
    const Finished done = render({"-f", data + "node", "-f", path});
    EXPECT_EQ(done.status, 3) << path;
    EXPECT_EQ(done.out, "") << path;
    EXPECT_TRUE(contains(done.err, path)) << done.err;
    EXPECT_TRUE(contains(done.err, why)) << done.err;
    EXPECT_EQ(lines_of(done.err), 1) << done.err;
  }
}

TEST(Render, OfALiveClusterThatCannotBeFound_EndsWithThree) {
  const Finished done = render({"--kubeconfig", data + "missing"});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(contains(done.err, data + "missing")) << done.err;
}

// A cluster that is listed once, by a kubeconfig.
class LiveRender : public testing::Test {
 protected:
  test::ApiServer server;
  std::string kubeconfig = testing::TempDir() + "selvedge-render-kubeconfig";
  LiveRender() { std::ofstream(kubeconfig) << server.kubeconfig(); }
  ~LiveRender() override { std::remove(kubeconfig.c_str()); }
};

TEST_F(LiveRender, PrintsWhatTheFilesWould) {
  server.put(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
  server.put(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"shop"},
    "spec":{"nodeName":"n","containers":[]},"status":{"phase":"Running","podIP":"10.244.1.5"}})");
  server.put(R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny",
    "namespace":"shop"},"spec":{"podSelector":{}}})");
  const Finished done = render({"--kubeconfig", kubeconfig});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out.substr(0, 19), "table inet selvedge");
  EXPECT_TRUE(contains(done.out, "10.244.1.5 : goto pod-ingress-")) << done.out;
}

TEST_F(LiveRender, ThatIsForbidden_EndsWithThree_AndPrintsNothingOnStdout) {
  server.answer_next("/", {.status = 403, .headers = {}, .body = R"({"kind":"Status","message":"not you"})"}, 100);
  const Finished done = render({"--kubeconfig", kubeconfig});
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(contains(done.err, "403")) << done.err;
}

TEST(Program, WronglyUsed_EndsWithTwo_AndPrintsNothingOnStdout) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"rendr"}, {"render", "--fil"}, {"run", "--log-level", "loud"}, {"version", "x"}}) {
    const Finished done = run_program(arguments);
    EXPECT_EQ(done.status, 2);
    EXPECT_EQ(done.out, "");
    EXPECT_EQ(lines_of(done.err), 1) << done.err;
  }
}

TEST(Program, TellsItsVersion) {
  const Finished done = run_program({"version"});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out.substr(0, 9), "selvedge ");
}

}  // namespace
}  // namespace selvedge
