// `selvedge monitor` as the built program does it, with the kernel's own log: a table of this test logs what goes over
// loopback between addresses that pods of the examples have.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "k8sclient/fd.h"
#include "test/agent/program.h"
#include "test/agent/run_bed.h"

namespace selvedge {
namespace {

using test::contains;
using test::Finished;
using test::run_program;

const std::string examples = SELVEDGE_SOURCE_DIR "/examples";

void load(const std::string& rules) {
  FILE* pipe = popen("nft -f -", "w");
  ASSERT_NE(pipe, nullptr);
  fwrite(rules.data(), 1, rules.size(), pipe);
  ASSERT_EQ(pclose(pipe), 0) << rules;
}

sockaddr_in at(const char* address, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  inet_pton(AF_INET, address, &made.sin_addr);
  return made;
}

void send_udp(const char* from, const char* to, std::uint16_t port) {
  const k8s::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in source = at(from, 0), destination = at(to, port);
  bind(socket.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source);
  sendto(socket.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&destination), sizeof destination);
}

// Whether somebody in this network namespace listens to a group: the kernel has a line for each.
bool is_heard() {
  std::ifstream groups("/proc/thread-self/net/netfilter/nfnetlink_log");
  std::string line;
  return static_cast<bool>(std::getline(groups, line));
}

// Sends again and again, from the constructor to the destructor: the program is not there at once.
class Talking {
 public:
  explicit Talking(std::uint16_t port, const char* from = "10.244.2.7", const char* to = "10.244.1.5")
      : thread_([this, port, from, to] {
          while (!over_) {
            send_udp(from, to, port);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
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

class MonitorCommand : public testing::Test {
 protected:
  void SetUp() override {
    place_ = test::NetworkNamespace::make();
    if (!place_) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
    ASSERT_EQ(system("ip addr add 10.244.1.5/32 dev lo && ip addr add 10.244.2.7/32 dev lo && "
                     "ip addr add 203.0.113.9/32 dev lo"),
              0);
    load(
        "table inet logging {\n chain in {\n  type filter hook input priority 0;\n"
        "  udp dport 1-9999 log group 100 prefix \"selvedge deny ingress abcdefghijklmnop-production/api-0\" drop\n"
        "  udp dport 10000 log group 100 prefix \"ulogd: \" drop\n }\n}\n");
  }
  static Finished monitor(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "monitor");
    return run_program(arguments);
  }
  static Finished monitor_examples(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-f", examples});
    return monitor(std::move(arguments));
  }

  std::unique_ptr<test::NetworkNamespace> place_;
};

TEST_F(MonitorCommand, TellsOfEachDeniedPacketInALine_WithNamesAndTheIsolation) {
  const Talking talking(3000);
  const Finished done = monitor_examples({"--count", "2"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 2) << done.out;
  EXPECT_TRUE(contains(done.out,
                       "Z denied ingress of production/api-0: quality/tester-0 (10.244.2.7) -> "
                       "production/api-0 (10.244.1.5) udp/3000: isolated by production/api, and no rule "
                       "allows it; nearest: production/api ingress[0] from["))
      << done.out;
}

TEST_F(MonitorCommand, AsJson_IsAnObjectALine) {
  const Talking talking(3000, "203.0.113.9");
  const Finished done = monitor_examples({"--count", "1", "--output", "json"});
  EXPECT_EQ(done.status, 0) << done.err;
  const auto json = nlohmann::json::parse(done.out);
  EXPECT_EQ(json["verdict"], "denied");
  EXPECT_EQ(json["by"], "deny");
  EXPECT_EQ(json["direction"], "ingress");
  EXPECT_EQ(json["pod"], "production/api-0");
  EXPECT_EQ(json["source"]["kind"], "external");
  EXPECT_EQ(json["source"]["ipBlocks"][0], "203.0.113.0/24 of production/api ingress[0] from[2]");
  EXPECT_EQ(json["destination"]["workload"], "Pod/api-0");
  EXPECT_EQ(json["protocol"], "udp");
  EXPECT_EQ(json["port"], 3000);
  EXPECT_EQ(json["in"], "lo");
  EXPECT_EQ(json["isolatedBy"], nlohmann::json({"production/api"}));
}

TEST_F(MonitorCommand, WithAFilter_TellsOfThoseAlone) {
  const Talking wanted(3000), other(4000, "203.0.113.9");
  const Finished done = monitor_examples({"--count", "5", "--from", "203.0.113.0/24"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "203.0.113.9"));
  EXPECT_FALSE(contains(done.out, "quality/tester-0")) << done.out;
}

TEST_F(MonitorCommand, WithSummary_SaysAtTheEndWhoTalkedMost) {
  const Talking talking(3000);
  const Finished done = monitor_examples({"--count", "3", "--summary"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out,
            "3 packets, 1 kind\n       3  denied ingress  quality/tester-0 (10.244.2.7) -> production/api-0 "
            "(10.244.1.5) udp/3000\n");
  const Finished json = monitor_examples({"--count", "3", "--summary", "-o", "json"});
  const auto first = nlohmann::json::parse(json.out.substr(0, json.out.find('\n')));
  EXPECT_EQ(first["count"], 3);
}

TEST_F(MonitorCommand, EndsAfterTheTimeThatItWasGiven_WithAnEmptySummary) {
  const Finished done = monitor_examples({"--for", "1s", "--summary"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "0 packets, 0 kinds\n");
}

TEST_F(MonitorCommand, PassesOverTheLogRulesOfOthers_AndSaysHowMany) {
  const Talking foreign(10000), ours(3000);
  const Finished done = monitor_examples({"--count", "3"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.err,
                       " packets of log rules that are not ours came by group 100, the first with prefix "
                       "\"ulogd: \""))
      << done.err;
}

TEST_F(MonitorCommand, WithEvery_TellsASummaryOfEachTime) {
  const Talking talking(3000);
  const Finished done = monitor_examples({"--every", "1s", "--for", "3s"});
  EXPECT_EQ(done.status, 0) << done.err;
  std::size_t summaries = 0;
  for (std::size_t at = 0; (at = done.out.find(" packets, 1 kind\n", at)) != std::string::npos; ++at) ++summaries;
  EXPECT_GE(summaries, 2U) << done.out;
}

TEST_F(MonitorCommand, WhereTheKernelLogsFewOfMany_SaysHowManyMoreWereDenied) {
  load(
      "flush ruleset\ntable inet selvedge {\n counter deny-ingress-abcdefghijklmnop-production/api-0 {\n }\n"
      " chain in {\n  type filter hook input priority 0;\n"
      "  udp dport 3000 limit rate 1/second burst 1 packets log group 100 prefix "
      "\"selvedge deny ingress abcdefghijklmnop-production/api-0\"\n"
      "  udp dport 3000 counter name \"deny-ingress-abcdefghijklmnop-production/api-0\" drop\n }\n}\n");
  const Talking talking(3000);
  const Finished done = monitor_examples({"--count", "2"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.err, " more packets were denied than the kernel logged")) << done.err;
}

TEST_F(MonitorCommand, OfAPrefixWithControlCharacters_ShowsNone) {
  load(
      "table inet logging {\n chain in {\n  udp dport 10001 log group 100 prefix "
      "\"selvedge deny ingress abcdefghijklmnop-shop/\x1b[31mred\" drop\n }\n}\n");
  const Talking talking(10001);
  for (const char* form : {"text", "json"}) {
    const Finished done = monitor_examples({"--count", "1", "--output", form});
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(contains(done.out, "[31mred")) << done.out;
    EXPECT_FALSE(contains(done.out, "\x1b")) << done.out;
    EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 1) << done.out;
  }
}

TEST_F(MonitorCommand, WithoutPrivilege_SaysWhatItTakes_WithStatus3) {
  const Finished done = run_program({"monitor", "-f", examples}, "", {}, test::Privilege::no_net_admin);
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(contains(done.err, "listening to group 100")) << done.err;
  EXPECT_TRUE(contains(done.err, "CAP_NET_ADMIN")) << done.err;
}

TEST_F(MonitorCommand, WhereTheGroupIsHeardAlready_SaysWhoMayHaveIt_WithStatus3) {
  const test::Background first({"monitor", "-f", examples});
  ASSERT_TRUE(test::eventually(is_heard));
  const Finished second = monitor_examples({"--for", "1s"});
  EXPECT_EQ(second.status, 3);
  EXPECT_TRUE(contains(second.err, "another program listens to that group")) << second.err;
  EXPECT_EQ(monitor_examples({"--group", "101", "--for", "1s"}).status, 0);
}

TEST_F(MonitorCommand, OnATermination_EndsWithStatus0_AndThenTheGroupIsFree) {
  test::Background program({"monitor", "-f", examples});
  ASSERT_TRUE(test::eventually(is_heard));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(monitor_examples({"--for", "1s"}).status, 0);
}

TEST_F(MonitorCommand, WithoutObjects_HasStatus3) {
  const Finished done = monitor({"-f", "/nowhere"});
  EXPECT_EQ(done.status, 3);
  EXPECT_TRUE(contains(done.err, "/nowhere")) << done.err;
}

TEST(MonitorCommandLine, ThatIsWrong_NamesTheFlagAndWhatWouldBeRight) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--direction", "ingres"}, "--direction: \"ingres\" is not one of ingress, egress; did you mean \"ingress\"?"},
      {{"--group", "65536"}, "--group: \"65536\" is not a number from 0 to 65535"},
      {{"--count", "0"}, "--count: \"0\" is not a number from 1 to"},
      {{"--for", "soon"}, "--for: \"soon\" is not a time such as 30s, 5m or 2h"},
      {{"--every", "-1s"}, "--every: \"-1s\" is not a time"},
      {{"--from", "api"}, "--from: \"api\" is not NAMESPACE/NAME, node/NAME, an address or a block"},
      {{"--policy", "api"}, "--policy: \"api\" is not NAMESPACE/NAME"},
      {{"--output", "yaml"}, "--output: \"yaml\" is not one of text, json"}};
  for (const auto& [arguments, message] : cases) {
    std::vector<std::string> all{"monitor"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Finished done = run_program(all);
    EXPECT_EQ(done.status, 2) << message;
    EXPECT_TRUE(contains(done.err, message)) << done.err;
  }
}

class LiveMonitor : public test::RunBed {
 protected:
  LiveMonitor()
      : RunBed(R"({"kind": "List", "items": [
  {"kind": "Namespace", "metadata": {"name": "shop"}},
  {"kind": "Pod", "metadata": {"name": "db-0", "namespace": "shop"},
   "spec": {"nodeName": "node-a"}, "status": {"phase": "Running", "podIPs": [{"ip": "10.244.1.5"}]}},
  {"kind": "NetworkPolicy", "metadata": {"name": "closed", "namespace": "shop"},
   "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}]})") {}

  void SetUp() override {
    RunBed::SetUp();
    if (!place_) return;
    ASSERT_EQ(system("ip addr add 10.244.1.5/32 dev lo && ip addr add 10.244.2.7/32 dev lo"), 0);
    load(
        "table inet logging {\n chain in {\n  type filter hook input priority 0;\n"
        "  udp dport 3000 log group 100 prefix \"selvedge deny ingress abcdefghijklmnop-shop/db-0\" drop\n }\n}\n");
  }
};

TEST_F(LiveMonitor, NamesThePodsOfTheCluster_ThoseThatComeWhileItRunsToo) {
  const Talking talking(3000);
  std::atomic<bool> there = false;
  std::thread later([&] {
    there = test::eventually([this] { return server_->watches() >= 3; });
    server_->put(R"({"kind": "Pod", "metadata": {"name": "late-0", "namespace": "shop"},
      "spec": {"nodeName": "node-b"}, "status": {"phase": "Running", "podIPs": [{"ip": "10.244.2.7"}]}})");
  });
  const Finished done = run_program({"monitor", "--kubeconfig", kubeconfig_, "--from", "shop/late-0", "--count", "1"});
  later.join();
  EXPECT_TRUE(there);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out,
                       "shop/late-0 (10.244.2.7) -> shop/db-0 (10.244.1.5) udp/3000: isolated by shop/closed, "
                       "and no rule allows it"))
      << done.out;
}

TEST_F(LiveMonitor, WhereServicesMayNotBeListed_SaysSo_AndGoesOnWithoutTheirNames) {
  server_->answer_next("/api/v1/services", {.status = 403, .body = R"({"kind": "Status", "status": "Failure",
    "code": 403, "message": "services is forbidden"})"},
                       1000);
  const Talking talking(3000);
  const Finished done = run_program({"monitor", "--kubeconfig", kubeconfig_, "--count", "1"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "-> shop/db-0 (10.244.1.5)")) << done.out;
  EXPECT_TRUE(contains(done.err, "services is forbidden")) << done.err;
}

}  // namespace
}  // namespace selvedge
