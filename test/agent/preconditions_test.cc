#include "controller/agent/preconditions.h"

#include <unistd.h>

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "test/agent/namespace.h"

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

// A node that has bridges cni0 and cbr0, with pods behind the latter, and a way out.
class Bridges : public testing::Test {
 protected:
  const PodAddresses pods{
      {{"shop", "api"}, {*nft::parse_address("10.244.1.5"), *nft::parse_address("fd00:244:0:1::5")}},
      {{"shop", "web"}, {*nft::parse_address("10.244.1.6")}}};

  void SetUp() override {
    place_ = test::NetworkNamespace::make();
    if (!place_) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
    command("link add cni0 type bridge");
    command("link set cni0 up");
    command("link add cbr0 type bridge");
    command("link set cbr0 up");
  }
  static void command(const std::string& words) { ASSERT_EQ(system(("ip " + words).c_str()), 0) << words; }
  std::string word(const std::string& bridge) const { return pods_elsewhere(bridge, pods).value_or(""); }

 private:
  std::unique_ptr<test::NetworkNamespace> place_;
};

TEST_F(Bridges, PodsBehindAnotherThanNamed_AreNamed_AndSoIsThatOne) {
  command("address add 10.244.1.1/24 dev cbr0");
  EXPECT_TRUE(contains(word("cni0"), "the node reaches pod shop/api at 10.244.1.5 by cbr0, and no pod by cni0"))
      << word("cni0");
  EXPECT_EQ(word("cbr0"), "");
}

TEST_F(Bridges, ByIpv6Alone_PodsAreFoundLikewise) {
  command("address add fd00:244:0:1::1/64 dev cbr0 nodad");
  EXPECT_TRUE(contains(word("cni0"), "pod shop/api at fd00:244:0:1::5 by cbr0")) << word("cni0");
  EXPECT_EQ(word("cbr0"), "");
}

TEST_F(Bridges, OnePodBehindTheOneThatIsNamed_IsEnough) {
  command("address add 10.244.1.1/24 dev cbr0");
  command("route add 10.244.1.6/32 dev cni0");
  EXPECT_EQ(word("cni0"), "");
}

TEST_F(Bridges, WithoutARouteToThem_OrWithoutPods_OrWhereTheAddressIsTheNodesOwn_NothingIsSaid) {
  EXPECT_EQ(word("cni0"), "");
  EXPECT_FALSE(pods_elsewhere("cni0", {}));
  command("route add local 10.244.1.0/24 dev lo");
  command("route add unreachable fd00:244::/48");
  EXPECT_EQ(word("cni0"), "");
}

TEST_F(Bridges, OneThatIsNotThere_IsLeftToTheOtherCheck) {
  command("address add 10.244.1.1/24 dev cbr0");
  EXPECT_EQ(word("cni7"), "");
}

}  // namespace
}  // namespace selvedge::agent
