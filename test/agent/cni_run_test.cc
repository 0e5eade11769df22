// The built plugin beside the built daemon, as a container runtime would call it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/agent/program.h"
#include "test/agent/run_bed.h"

namespace selvedge {
namespace {

using test::Background;
using test::contains;
using test::eventually;
using test::health;
using test::run_plugin;
using test::run_program;

constexpr const char* cluster = R"({"kind":"List","apiVersion":"v1","items":[
  {"apiVersion":"v1","kind":"Node","metadata":{"name":"node-a"},"spec":{"podCIDRs":["10.244.1.0/24"]}},
  {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}},
  {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny","namespace":"shop"},
   "spec":{"podSelector":{},"policyTypes":["Ingress"]}}]})";

constexpr const char* flannels =
    R"({"name":"cbr0","cniVersion":"0.3.1","plugins":[{"type":"flannel","delegate":{}},{"type":"portmap"}]})";

std::string pod(const std::string& name, const std::string& uid) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","namespace":"shop","uid":")" + uid +
         R"("},"spec":{"nodeName":"node-a","containers":[]},"status":{"phase":"Pending"}})";
}

class CniRun : public test::RunBed {
 protected:
  CniRun() : RunBed(cluster) {
    list_ = directory_.write("net.d/10-flannel.conflist", flannels);
    std::filesystem::create_directory(path("bin"));
  }
  std::string socket() const { return path("run/cni.sock"); }

  std::vector<std::string> arguments() const {
    return {"run",    "--node",         "node-a",      "--kubeconfig",  kubeconfig_, "--cni-socket",
            socket(), "--cni-conf-dir", path("net.d"), "--cni-bin-dir", path("bin")};
  }
  test::Finished call(const std::string& command, const std::string& more = "") const {
    const std::string config = R"({"cniVersion":"1.0.0","name":"cbr0","type":"selvedge-cni","socket":")" + socket() +
                               "\"" + more +
                               R"(,"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.244.1.7/24"}]}})";
    return run_plugin(config, {{"CNI_COMMAND", command},
                               {"CNI_CONTAINERID", "0123"},
                               {"CNI_IFNAME", "eth0"},
                               {"CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=api;K8S_POD_UID=u1"}});
  }
  std::string list() const {
    std::ifstream file(list_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static bool readyz_comes_to_warn(const std::string& part) {
    return eventually([&] {
      const auto answer = health("/readyz");
      return answer.status == 200 && contains(answer.body, "warning: ") && contains(answer.body, part);
    });
  }
  static std::string rules() { return run_program({"inspect", "--raw"}).out; }

  std::string list_;
};

TEST_F(CniRun, APodStartsWithItsRules_ThoughTheApiHasNotToldItsAddress) {  // semantics 58, 74
  Background daemon(arguments());
  ASSERT_TRUE(becomes_ready()) << health("/readyz").body << daemon.err();
  server_->put(pod("api", "u1"));
  server_->put(R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
    "metadata":{"name":"latest","namespace":"shop"},"spec":{"podSelector":{},"policyTypes":["Egress"]}})");
  const auto added = call("ADD");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_EQ(added.err, "") << daemon.err();
  EXPECT_EQ(added.out, "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.244.1.7/24\"}]}\n");
  EXPECT_TRUE(contains(rules(), "10.244.1.7 : goto pod-ingress-")) << rules();
  EXPECT_TRUE(contains(rules(), "10.244.1.7 : goto pod-egress-")) << rules();
  EXPECT_EQ(call("CHECK", R"(,"whenUnavailable":"refuse")").status, 0);

  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
  const auto alone = call("ADD");
  EXPECT_EQ(alone.status, 0);
  EXPECT_TRUE(contains(alone.err, "shop/api starts, and stays isolated")) << alone.err;
  const auto refused = call("ADD", R"(,"whenUnavailable":"refuse")");
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(nlohmann::json::parse(refused.out).at("code"), 11) << refused.out;

  const Background successor(arguments());
  ASSERT_TRUE(becomes_ready()) << health("/readyz").body << successor.err();
  EXPECT_TRUE(contains(rules(), "10.244.1.7 : goto pod-ingress-")) << rules();
  EXPECT_EQ(call("DEL").status, 0);
  EXPECT_TRUE(eventually([] { return !contains(rules(), "10.244.1.7"); })) << rules();
}

TEST_F(CniRun, ThePluginIsInstalled_ComesBackAfterFlannelsRewrite_AndGoesWithCleanup) {
  Background daemon(arguments());
  ASSERT_TRUE(eventually([&] { return contains(list(), "selvedge-cni"); })) << daemon.err();
  EXPECT_TRUE(std::filesystem::exists(path("bin/selvedge-cni")));
  std::ofstream(list_) << flannels;
  EXPECT_TRUE(eventually([&] { return contains(list(), "selvedge-cni"); })) << daemon.err();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
  EXPECT_TRUE(contains(list(), "selvedge-cni")) << "as the rules do, it stays";
  const auto cleaned = run_program({"cleanup", "--cni-conf-dir", path("net.d"), "--cni-socket", socket()});
  EXPECT_EQ(cleaned.status, 0) << cleaned.err;
  EXPECT_EQ(nlohmann::json::parse(list()), nlohmann::json::parse(flannels));
  EXPECT_TRUE(contains(cleaned.err, "10-flannel.conflist")) << cleaned.err;
}

TEST_F(CniRun, CleanupRemovesNoFileThatIsNoSocket) {
  std::ofstream(path("precious")) << "x";
  std::ofstream(path("attachments")) << "y";
  const auto spared = run_program({"cleanup", "--cni-conf-dir", path("net.d"), "--cni-socket", path("precious")});
  EXPECT_EQ(spared.status, 3);
  EXPECT_TRUE(contains(spared.err, "is no socket")) << spared.err;
  EXPECT_TRUE(std::filesystem::exists(path("precious")));
  EXPECT_TRUE(std::filesystem::exists(path("attachments")));
}

// Enforcement is not the plugin's hostage.
TEST_F(CniRun, WhereTheSocketCannotBe_EnforcementGoesOn) {
  std::filesystem::create_directories(socket());
  Background daemon(arguments());
  EXPECT_TRUE(eventually([&] { return contains(daemon.err(), "rules are in force"); })) << daemon.err();
  EXPECT_TRUE(contains(daemon.err(), "cannot be heard")) << daemon.err();
  EXPECT_TRUE(readyz_comes_to_warn("pods that start are held by the guard alone: the CNI plugin cannot be heard: "))
      << health("/readyz").body;
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
}

TEST_F(CniRun, AListThatIsNotAsExpected_IsAWarningOfReadyz_UntilItIs) {
  std::ofstream(list_) << "garbage";
  Background daemon(arguments());
  ASSERT_TRUE(readyz_comes_to_warn("the CNI plugin is not in place: ")) << health("/readyz").body << daemon.err();
  EXPECT_TRUE(contains(health("/readyz").body, "left alone: " + list_)) << health("/readyz").body;
  std::ofstream(list_) << flannels;
  EXPECT_TRUE(eventually([] { return health("/readyz").body == "ready\n"; })) << health("/readyz").body;
}

TEST_F(CniRun, CleanupSaysWhereTheEntryMayBeStill_AndRemovesAllElse) {
  {
    Background daemon(arguments());
    ASSERT_TRUE(eventually([&] { return contains(list(), "selvedge-cni"); })) << daemon.err();
    ASSERT_TRUE(becomes_ready()) << health("/readyz").body << daemon.err();
  }
  const std::string broken = directory_.write("net.d/05-broken.conflist", R"({"plugins":[{"type":"selvedge-cni")");
  const auto cleaned = run_program({"cleanup", "--cni-conf-dir", path("net.d"), "--cni-socket", socket()});
  EXPECT_EQ(cleaned.status, 3) << cleaned.err;
  EXPECT_TRUE(contains(cleaned.err, "entry may be there still, take it out by hand: " + broken)) << cleaned.err;
  EXPECT_FALSE(contains(list(), "selvedge-cni")) << list();
  EXPECT_FALSE(std::filesystem::exists(socket()));
  EXPECT_TRUE(contains(cleaned.err, "removed table inet selvedge")) << cleaned.err;
}

TEST_F(CniRun, APlaceForThePluginWithoutASocket_IsRefused) {
  const auto finished =
      run_program({"run", "--node", "node-a", "--kubeconfig", kubeconfig_, "--cni-conf-dir", path("net.d")});
  EXPECT_EQ(finished.status, 3);
  EXPECT_TRUE(contains(finished.err, "--cni-socket")) << finished.err;
}

}  // namespace
}  // namespace selvedge
