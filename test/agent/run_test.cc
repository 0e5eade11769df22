// `selvedge run` as a process, against an API server that behaves and one that does not. What packets do
// under it is tested in test/agent/packets.
#include <csignal>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "test/agent/program.h"
#include "test/agent/run_bed.h"

namespace selvedge {
namespace {

using test::ApiServer;
using test::Background;
using test::contains;
using test::eventually;
using test::health;
using test::run_program;

constexpr const char* cluster = R"({"kind":"List","apiVersion":"v1","items":[
  {"apiVersion":"v1","kind":"Node","metadata":{"name":"node-a"}},
  {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}},
  {"apiVersion":"v1","kind":"Pod","metadata":{"name":"api","namespace":"shop","labels":{"app":"api"}},
   "spec":{"nodeName":"node-a","containers":[]},"status":{"phase":"Running","podIPs":[{"ip":"10.244.1.5"}]}},
  {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny","namespace":"shop"},
   "spec":{"podSelector":{},"policyTypes":["Ingress"]}}]})";

std::string policy(const std::string& name) {
  return R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":")" + name +
         R"(","namespace":"shop"},"spec":{"podSelector":{},"policyTypes":["Egress"]}})";
}

// Four watches, each with a line of at most 8 MiB while its buffer grows: far less than four times what was sent.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t largest_kib = 4'000'000;  // their shadows count too
constexpr std::size_t huge = 16 << 20;          // and they are slow
#else
constexpr std::size_t largest_kib = 160 << 10;
constexpr std::size_t huge = 100 << 20;
#endif

// KiB, VmHWM of proc(5).
std::size_t peak_memory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  std::size_t size = 0;
  while (status >> word && word != "VmHWM:") {
  }
  status >> size;
  return size;
}

class Run : public test::RunBed {
 protected:
  Run() : RunBed(cluster) {}

  void use(const std::string& kubeconfig) const { std::ofstream(kubeconfig_) << kubeconfig; }

  std::vector<std::string> arguments(const std::string& node = "node-a") const {
    return {"run", "--node", node, "--kubeconfig", kubeconfig_, "--log-level", "debug"};
  }
  bool readyz_comes_to_say(const std::string& part) const {
    return eventually([&] { return contains(health("/readyz").body, part); });
  }
  // The kernel's table without what counts packets.
  std::string rules() const {
    const auto inspected = run_program({"inspect", "--raw"});
    const auto table = inspected.out.find("\ntable ");
    if (inspected.status != 0 || table == std::string::npos) return inspected.err;
    std::istringstream lines(inspected.out.substr(table));
    std::string all;
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("# table ")) all += line + '\n';  // which tells who owns it
    return all;
  }
  // Rules of a daemon that has ended.
  void leave_rules() const {
    Background daemon(arguments());
    ASSERT_TRUE(becomes_ready()) << health("/readyz").body << daemon.err();
    daemon.signal(SIGTERM);
    ASSERT_EQ(daemon.wait(), 0) << daemon.err();
  }

  std::string config_ = path("config");
};

TEST_F(Run, BecomesReady_FollowsChanges_AndLeavesItsRulesWhenItIsStopped) {
  Background daemon(arguments());
  ASSERT_TRUE(becomes_ready()) << health("/readyz").body << daemon.err();
  EXPECT_EQ(health("/healthz").status, 200);
  EXPECT_TRUE(contains(rules(), "10.244.1.5 : goto pod-ingress-")) << rules();
  server_->put(policy("more"));
  EXPECT_TRUE(eventually([&] { return contains(rules(), "/more {"); }));
  EXPECT_TRUE(eventually([&] { return contains(daemon.err(), "msg=\"policy applied\" policy=shop/more"); }));
  const std::string before = rules();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
  EXPECT_EQ(rules(), before);
  EXPECT_TRUE(contains(daemon.err(), "stopping; the rules stay")) << daemon.err();
}

TEST_F(Run, TellsPrometheusWhatItRepaired) {  // semantics 102
  auto program = arguments();
  program.push_back("--own-table=false");
  const Background daemon(program);
  ASSERT_TRUE(becomes_ready()) << health("/readyz").body << daemon.err();
  EXPECT_TRUE(contains(health("/metrics").body, "\nselvedge_table_repairs_total 0\n")) << health("/metrics").body;
  ASSERT_EQ(system("nft flush ruleset"), 0);
  EXPECT_TRUE(eventually([] { return contains(health("/metrics").body, "\nselvedge_table_repairs_total 1\n"); }))
      << health("/metrics").body << daemon.err();
}

TEST_F(Run, UnderAWrongNodeName_ChangesNothing) {  // semantics 103
  leave_rules();
  const std::string before = rules();
  const Background daemon(arguments("node-b"));
  EXPECT_TRUE(readyz_comes_to_say("there is no Node \"node-b\"")) << daemon.err();
  EXPECT_EQ(health("/readyz").status, 503);
  EXPECT_EQ(rules(), before);
}

TEST_F(Run, Twice_IsRefused_AndSoIsCleanup_UntilTheFirstHasEnded) {
  Background daemon(arguments());
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  const std::string holder = "process " + std::to_string(daemon.pid()) + " ";
  const auto second = run_program(arguments());
  EXPECT_EQ(second.status, 3);
  EXPECT_TRUE(contains(second.err, holder)) << second.err;
  const auto early = run_program({"cleanup"});
  EXPECT_EQ(early.status, 3);
  EXPECT_TRUE(contains(early.err, holder)) << early.err;

  daemon.signal(SIGINT);
  EXPECT_EQ(daemon.wait(), 0);
  const auto cleaned = run_program({"cleanup"});
  EXPECT_EQ(cleaned.status, 0);
  EXPECT_TRUE(contains(cleaned.err, "removed table inet selvedge")) << cleaned.err;
  EXPECT_TRUE(contains(cleaned.err, "removed table bridge selvedge")) << cleaned.err;
  EXPECT_EQ(run_program({"inspect"}).status, 3);
  const auto again = run_program({"cleanup"});
  EXPECT_EQ(again.status, 0);
  EXPECT_TRUE(contains(again.err, "there is no table inet selvedge")) << again.err;
}

// semantics 92
TEST_F(Run, WithoutTheBindingOfPorts_RemovesTheTableThatAPredecessorLeft) {
  leave_rules();
  EXPECT_TRUE(contains(rules(), "table bridge selvedge"));
  auto without = arguments();
  without.insert(without.end(), {"--bind-ports", "false"});
  const Background daemon(without);
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  EXPECT_FALSE(contains(rules(), "table bridge")) << rules();
  EXPECT_TRUE(contains(rules(), "table inet selvedge"));
}

TEST_F(Run, OnAListenAddressInUse_EndsWithThree) {
  auto with_listen = arguments();
  with_listen.insert(with_listen.end(), {"--listen", "127.0.0.1:" + std::to_string(server_->port())});
  const auto done = run_program(with_listen);
  EXPECT_EQ(done.status, 3);
  EXPECT_TRUE(contains(done.err, "cannot listen on 127.0.0.1:")) << done.err;
}

TEST_F(Run, WhileTheServerRefuses_KeepsTheRules_SaysWhy_AndRecovers) {  // semantics 106, 107
  leave_rules();
  const std::string before = rules();
  for (const int status : {401, 403, 404, 500}) {
    const std::string body =
        R"({"kind":"Status","status":"Failure","message":"because of the test","code":)" + std::to_string(status) + "}";
    server_->answer_next("/", {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body}, 4);
    const Background daemon(arguments());
    EXPECT_TRUE(readyz_comes_to_say(std::to_string(status))) << status << health("/readyz").body;
    EXPECT_EQ(health("/readyz").status, 503);
    EXPECT_EQ(rules(), before);
    EXPECT_TRUE(becomes_ready()) << status << daemon.err();
    EXPECT_EQ(rules(), before);
  }
}

// The one of the bed is there, as one that another plugin left, and its pods hang on a second.
TEST_F(Run, WherePodsHangOnAnotherBridge_IsNotReady_AndNamesIt_UntilTheyDoNot) {
  ASSERT_EQ(system("ip link set cni0 up; ip link add cbr0 type bridge; ip link set cbr0 up; "
                   "ip route add 10.244.1.0/24 dev cbr0"),
            0);
  const Background daemon(arguments());
  EXPECT_TRUE(readyz_comes_to_say("by cbr0, and no pod by cni0")) << health("/readyz").body;
  EXPECT_EQ(health("/readyz").status, 503);
  ASSERT_EQ(system("ip route replace 10.244.1.0/24 dev cni0"), 0);
  EXPECT_TRUE(becomes_ready()) << health("/readyz").body;
}

TEST_F(Run, WhileTheServersCertificateDoesNotVerify_KeepsTheRules_AndSaysWhy) {
  leave_rules();
  const std::string before = rules();
  const test::Authority other;
  std::string kubeconfig = server_->kubeconfig();
  ApiServer impostor({.identity = other.issue({.common_name = "impostor", .names = {"127.0.0.1"}})});
  const auto at = kubeconfig.find(server_->url());
  ASSERT_NE(at, std::string::npos);
  use(kubeconfig.replace(at, server_->url().size(), impostor.url()));
  const Background daemon(arguments());
  EXPECT_TRUE(readyz_comes_to_say("certificate")) << health("/readyz").body;
  EXPECT_EQ(health("/readyz").status, 503);
  EXPECT_EQ(rules(), before);
  EXPECT_TRUE(impostor.requests().empty()) << "nothing was asked of it, and no secret shown";
}

TEST_F(Run, ThroughNonsenseInAWatch_KeepsTheRules_AndRecovers) {
  const std::vector<std::string> nonsense = {
      R"({"type":"MODIFIED","object":{"kind":"Pod","metadata":{"na)", std::string(4096, '['),
      R"({"type":"ADDED","object":{"metadata":{"namespace":"shop"},"spec":{}}})",
      R"({"type":"ADDED","object":{"metadata":{"name":")" + std::string(huge, 'x') + R"("}}})"};
  for (std::size_t i = 0; i < nonsense.size(); ++i) {
    Background daemon(arguments());
    ASSERT_TRUE(becomes_ready()) << daemon.err();
    ASSERT_TRUE(eventually([&] { return server_->watches() == 4; }));
    const std::string before = rules();
    server_->say_in_watches(nonsense[i]);
    EXPECT_TRUE(eventually([&] { return contains(daemon.err(), "the rules stay as they are"); })) << i << daemon.err();
    EXPECT_EQ(rules(), before) << i;
    const std::string name = "after-" + std::to_string(i);
    server_->put(policy(name));
    EXPECT_TRUE(eventually([&] { return contains(rules(), '/' + name + " {"); })) << i << health("/readyz").body;
    EXPECT_TRUE(becomes_ready()) << i << health("/readyz").body;
    EXPECT_LT(peak_memory(daemon.pid()), largest_kib) << i;
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(), 0) << daemon.err();
  }
}

TEST_F(Run, ToldToReRead_ChangesItsLog_AndSaysWhatItCannotChange) {
  std::ofstream(config_) << "log-level: info\nbridge: cni0\n";
  Background daemon({"run", "--node", "node-a", "--kubeconfig", kubeconfig_, "--config", config_});
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  std::ofstream(config_) << "log-format: json\nbridge: cni1\n";
  daemon.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return contains(daemon.err(), R"("msg":"configuration read again"})"); }))
      << daemon.err();
  EXPECT_TRUE(eventually([&] { return contains(daemon.err(), R"("setting":"bridge"})"); })) << daemon.err();
  std::ofstream(config_) << "log-fromat: json\n";
  daemon.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return contains(daemon.err(), "did you mean"); })) << daemon.err();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
}

TEST_F(Run, WithoutPrivilege_EndsWithThree) {
  const auto done = run_program(arguments(), "", {}, test::Privilege::no_net_admin);
  EXPECT_EQ(done.status, 3);
  EXPECT_TRUE(contains(done.err, "CAP_NET_ADMIN")) << done.err;
}

}  // namespace
}  // namespace selvedge
