// The built daemon tells of denials: in its log, and as Events of an API server. A table of this test logs as its rules
// do.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "test/agent/program.h"
#include "test/agent/run_bed.h"

namespace selvedge::test {
namespace {

// Sends over loopback, from one pod's address to another's, until it is destroyed.
class Talking {
 public:
  Talking()
      : thread_([this] {
          while (!over_) {
            if (system("ping -q -c 1 -W 0.1 -I 10.244.2.7 10.244.1.5 >/dev/null 2>&1") < 0) return;
          }
        }) {}
  ~Talking() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

class DenialsOfTheDaemon : public RunBed {
 protected:
  DenialsOfTheDaemon()
      : RunBed(R"({"kind": "List", "items": [
  {"kind": "Node", "metadata": {"name": "node-a"}},
  {"kind": "Namespace", "metadata": {"name": "shop"}},
  {"kind": "Pod", "metadata": {"name": "db-0", "namespace": "shop", "uid": "uid-db"},
   "spec": {"nodeName": "node-a"}, "status": {"phase": "Running", "podIPs": [{"ip": "10.244.1.5"}]}},
  {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop", "uid": "uid-web"},
   "spec": {"nodeName": "node-b"}, "status": {"phase": "Running", "podIPs": [{"ip": "10.244.2.7"}]}},
  {"kind": "NetworkPolicy", "metadata": {"name": "closed", "namespace": "shop"},
   "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}]})") {}

  void SetUp() override {
    RunBed::SetUp();
    if (!place_) return;
    ASSERT_EQ(system("ip addr add 10.244.1.5/32 dev lo && ip addr add 10.244.2.7/32 dev lo"), 0);
    FILE* pipe = popen("nft -f -", "w");
    ASSERT_NE(pipe, nullptr);
    fputs(
        "table inet logging {\n chain in {\n  type filter hook input priority -100;\n  icmp type echo-request log "
        "group "
        "100 prefix \"selvedge deny ingress abcdefghijklmnop-shop/db-0\" drop\n }\n}\n",
        pipe);
    ASSERT_EQ(pclose(pipe), 0);
  }
  std::vector<std::string> arguments(std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", "--node", "node-a", "--kubeconfig", kubeconfig_});
    return more;
  }
  std::size_t written(const std::string& method) const {
    const auto requests = server_->requests();
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(), [&](const auto& each) { return each.method == method; }));
  }
};

TEST_F(DenialsOfTheDaemon, ComeToItsLogWithNames_WhereItIsTold) {
  Background daemon(arguments({"--log-denials", "true"}));
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  const Talking talking;
  EXPECT_TRUE(eventually([&] {
    return contains(daemon.err(),
                    "msg=denied by=deny direction=ingress pod=shop/db-0 peer=shop/web-0 port=icmp packets=");
  })) << daemon.err();
  EXPECT_TRUE(contains(daemon.err(), "isolated_by=shop/closed")) << daemon.err();
  EXPECT_EQ(written("POST"), 0U);
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), 0);
}

TEST_F(DenialsOfTheDaemon, BecomeEventsOfThePod_WhereItIsTold) {
  Background daemon(arguments({"--events", "true"}));
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  const Talking talking;
  ASSERT_TRUE(eventually([&] { return written("POST") > 0; })) << daemon.err();
  EXPECT_FALSE(contains(daemon.err(), "msg=denied"));
  for (const auto& request : server_->requests()) {
    if (request.method != "POST") continue;
    EXPECT_EQ(request.path, "/api/v1/namespaces/shop/events");
    const auto event = nlohmann::json::parse(request.body);
    EXPECT_EQ(event["involvedObject"]["name"], "db-0");
    EXPECT_EQ(event["involvedObject"]["uid"], "uid-db");
    EXPECT_EQ(event["message"], "ingress from shop/web-0 icmp denied: isolated by shop/closed, and no rule allows it");
  }
}

TEST_F(DenialsOfTheDaemon, WithoutTheRightToWriteEvents_IsSaidOnce_AndTheRulesGoOn) {
  server_->answer_next("/api/v1/namespaces/shop/events",
                       {.status = 403, .body = R"({"kind": "Status", "code": 403, "message": "events is forbidden"})"},
                       1000);
  Background daemon(arguments({"--events", "true"}));
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  const Talking talking;
  EXPECT_TRUE(eventually([&] { return contains(daemon.err(), "grant the verb create on events"); })) << daemon.err();
  EXPECT_EQ(health("/readyz").status, 200);
}

TEST_F(DenialsOfTheDaemon, WhereAnotherProgramHearsThem_IsAWarning_AndNoReasonToBeUnready) {
  const Background listener({"monitor", "--kubeconfig", kubeconfig_});
  ASSERT_TRUE(eventually([] {
    FILE* groups = popen("cat /proc/net/netfilter/nfnetlink_log", "r");
    char line[128];
    const bool heard = groups != nullptr && fgets(line, sizeof line, groups) != nullptr;
    if (groups != nullptr) pclose(groups);
    return heard;
  }));
  Background daemon(arguments({"--log-denials", "true"}));
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  EXPECT_TRUE(eventually([] {
    return contains(health("/readyz").body, "warning: denials are not heard of: NFLOG: listening to group 100");
  })) << health("/readyz").body;
}

TEST_F(DenialsOfTheDaemon, AreNobodysBusiness_WhereItIsNotTold) {
  Background daemon(arguments({}));
  ASSERT_TRUE(becomes_ready()) << daemon.err();
  std::ifstream groups("/proc/thread-self/net/netfilter/nfnetlink_log");
  std::string line;
  EXPECT_FALSE(std::getline(groups, line)) << line;
}

}  // namespace
}  // namespace selvedge::test
