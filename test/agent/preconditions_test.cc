#include "controller/agent/preconditions.h"

#include <unistd.h>

#include <fstream>
#include <map>

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

namespace fs = std::filesystem;

// A directory that looks like /proc on a node where all is well.
class Preconditions : public testing::Test {
 protected:
  fs::path proc = fs::path(testing::TempDir()) / ("selvedge-proc-" + std::to_string(getpid()));

  Preconditions() {
    fs::create_directories(proc / "sys/net/bridge");
    fs::create_directories(proc / "net");
    write("sys/net/bridge/bridge-nf-call-iptables", "1\n");
    write("sys/net/bridge/bridge-nf-call-ip6tables", "1\n");
    write("net/if_inet6", "");
    write("net/dev", "Inter-|   Receive\n face |bytes\n    lo: 1 2\n  cni0: 3 4\n");
  }
  ~Preconditions() override { fs::remove_all(proc); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(proc / name) << text; }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Preconditions, ThatHold_AreNotMentioned) {
  EXPECT_TRUE(unmet_preconditions("", false, proc).empty());
}

TEST_F(Preconditions, BridgeCallsOff_IsUnmet_AndTheCommandThatMendsItIsNamed) {  // semantics 88
  write("sys/net/bridge/bridge-nf-call-iptables", "0\n");
  const auto unmet = unmet_preconditions("", false, proc);
  ASSERT_EQ(unmet.size(), 1U);
  EXPECT_TRUE(contains(unmet[0], "bridge-nf-call-iptables is 0")) << unmet[0];
  EXPECT_TRUE(contains(unmet[0], "`sysctl -w net.bridge.bridge-nf-call-iptables=1`")) << unmet[0];
}

TEST_F(Preconditions, MissingBridgeFiles_CountAsOff_AndTheModuleIsNamed) {
  fs::remove_all(proc / "sys/net/bridge");
  const auto unmet = unmet_preconditions("", false, proc);
  ASSERT_EQ(unmet.size(), 2U);
  EXPECT_TRUE(contains(unmet[0], "modprobe br_netfilter && sysctl -w")) << unmet[0];
  EXPECT_TRUE(contains(unmet[1], "bridge-nf-call-ip6tables is missing")) << unmet[1];
}

TEST_F(Preconditions, WithoutIpv6InTheKernel_DoNotAskForIts) {  // semantics 105
  fs::remove(proc / "net/if_inet6");
  fs::remove(proc / "sys/net/bridge/bridge-nf-call-ip6tables");
  EXPECT_TRUE(unmet_preconditions("", false, proc).empty());
}

TEST_F(Preconditions, BridgeThatIsMissing_IsUnmet) {
  write("net/dev", "Inter-|\n face |\n  cni0: 1 2\n");
  EXPECT_TRUE(unmet_preconditions("cni0", false, proc).empty());
  ASSERT_EQ(unmet_preconditions("cbr0", false, proc).size(), 1U);
  EXPECT_TRUE(contains(unmet_preconditions("cbr0", false, proc)[0], "no interface cbr0"));
}

TEST_F(Preconditions, KubeProxyInIpvsMode_IsAsGoodAsAnother) {  // semantics 81, 82
  write("net/dev", "Inter-|\n face |\nkube-ipvs0: 1 2\n");
  EXPECT_TRUE(unmet_preconditions("", true, proc).empty()) << "a kernel without IPVS has nothing to be set";
}

TEST_F(Preconditions, IpvsThatDoesNotTrackConnections_IsUnmet_AndTheCommandThatMendsItIsNamed) {  // semantics 81, 88
  fs::create_directories(proc / "sys/net/ipv4/vs");
  for (const auto& [value, words] : std::map<std::string, std::string>{{"", "is missing"}, {"0\n", "is 0"}}) {
    write("sys/net/ipv4/vs/conntrack", value);
    EXPECT_TRUE(unmet_preconditions("", false, proc).empty()) << "nobody uses it";
    const auto unmet = unmet_preconditions("", true, proc);
    ASSERT_EQ(unmet.size(), 1U);
    EXPECT_TRUE(contains(unmet[0], "net.ipv4.vs.conntrack " + words)) << unmet[0];
    EXPECT_TRUE(contains(unmet[0], "`sysctl -w net.ipv4.vs.conntrack=1`")) << unmet[0];
  }
  write("sys/net/ipv4/vs/conntrack", "1\n");
  EXPECT_TRUE(unmet_preconditions("", true, proc).empty());
}

}  // namespace
}  // namespace selvedge::agent
