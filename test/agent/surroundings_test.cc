#include "controller/agent/surroundings.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "k8sclient/fd.h"
#include "test/agent/namespace.h"

namespace selvedge::agent {
namespace {

namespace fs = std::filesystem;

class SurroundingsTest : public testing::Test {
 protected:
  fs::path place = fs::path(testing::TempDir()) / ("selvedge-surroundings-" + std::to_string(getpid()));
  fs::path file = place / "subnet.env";

  SurroundingsTest() { fs::create_directories(place); }
  ~SurroundingsTest() override { fs::remove_all(place); }

  auto ranges_in(const std::string& text) const {
    std::ofstream(file) << text;
    return flannel_subnets(file);
  }
  std::string fault_of(const std::string& text) const {
    const auto ranges = ranges_in(text);
    return ranges ? "" : ranges.error();
  }
};

TEST_F(SurroundingsTest, FlannelsFile_TellsThisNodesRangesOfBothFamilies) {  // semantics 104
  const auto ranges = ranges_in(
      "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_IPV6_NETWORK=fd00:244::/48\n"
      "FLANNEL_IPV6_SUBNET=fd00:244:0:1::1/64\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n");
  ASSERT_TRUE(ranges) << ranges.error();
  EXPECT_EQ(*ranges,
            (std::vector<nft::Prefix>{*nft::parse_prefix("10.244.1.0/24"), *nft::parse_prefix("fd00:244:0:1::/64")}));
}

TEST_F(SurroundingsTest, FlannelsFile_ThatIsNotThere_TellsNone) {
  const auto ranges = flannel_subnets(place / "absent");
  ASSERT_TRUE(ranges);
  EXPECT_TRUE(ranges->empty());
}

TEST_F(SurroundingsTest, FlannelsFile_ThatIsBroken_IsAnErrorThatNamesTheLineAndTheValue) {
  EXPECT_NE(fault_of("A=1\nFLANNEL_SUBNET=10.244.1.1\n").find("line 2: \"10.244.1.1\" is not a range"),
            std::string::npos);
  EXPECT_NE(fault_of("FLANNEL_SUBNET=0.0.0.0/0\n").find("too wide"), std::string::npos);
  EXPECT_NE(fault_of("FLANNEL_IPV6_SUBNET=::/8\n").find("too wide"), std::string::npos);
  EXPECT_TRUE(fault_of(std::string(100'000, 'x')).empty());
  std::error_code ignored;
  fs::create_directories(place / "directory", ignored);
  EXPECT_TRUE(flannel_subnets(place / "directory").value_or(std::vector<nft::Prefix>{}).empty());
}

TEST_F(SurroundingsTest, AnInterface_IsKnownByItsWholeName) {  // semantics 81
  fs::create_directories(place / "net");
  std::ofstream(place / "net/dev") << "Inter-|\n face |\n  cni0: 1 2\nkube-ipvs01: 1 2\n";
  EXPECT_TRUE(has_interface(place, "cni0"));
  EXPECT_FALSE(has_interface(place, "kube-ipvs0"));
  std::ofstream(place / "net/dev", std::ios::app) << "kube-ipvs0:       0 0\n";
  EXPECT_TRUE(has_interface(place, "kube-ipvs0"));
  EXPECT_FALSE(has_interface(place / "nowhere", "cni0"));
}

TEST_F(SurroundingsTest, ABridge_HasPods_OnceAPortOfItLeadsToAnotherNetworkNamespace) {
  const auto here = test::NetworkNamespace::make();
  if (!here) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
  EXPECT_FALSE(has_pods("cni0"));
  ASSERT_EQ(system("ip link add cni0 type bridge && ip link add near type veth peer name end && "
                   "ip link set near master cni0"),
            0);
  EXPECT_FALSE(has_pods("cni0"));
  int pod = -1;
  std::thread([&pod] {
    if (unshare(CLONE_NEWNET) == 0) pod = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  }).join();
  ASSERT_GE(pod, 0);
  const k8s::Fd held(pod);
  const std::string there = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(pod);
  ASSERT_EQ(
      system(("ip link add far type veth peer name eth0 netns " + there + " && ip link set far master cni0").c_str()),
      0);
  EXPECT_TRUE(has_pods("cni0"));
  EXPECT_FALSE(has_pods("cbr0"));
}

}  // namespace
}  // namespace selvedge::agent
