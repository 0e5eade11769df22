// Which open connections the rules of now forbid, by the way their packets take.
#include "controller/cutting.h"

#include <gtest/gtest.h>

#include "controller/core.h"

namespace selvedge {
namespace {

using nft::Connection;
using nft::Tuple;

nft::Address at(const char* text) {
  return *nft::parse_address(text);
}

// As an entry looks that no NAT touched.
Connection connection(const char* from, const char* to, std::uint16_t port, std::uint8_t protocol = 6) {
  const Tuple original{
      .source = at(from), .destination = at(to), .protocol = protocol, .source_port = 40000, .destination_port = port};
  const Tuple reply{
      .source = at(to), .destination = at(from), .protocol = protocol, .source_port = port, .destination_port = 40000};
  return {.original = original, .reply = reply, .id = 1, .status = Connection::answered, .zone = 0};
}

// To a Service's address, which leads to a pod.
Connection through(const char* service, Connection direct) {
  direct.original.destination = at(service);
  direct.original.destination_port = 80;
  return direct;
}

k8s::Pod pod(const std::string& name, const std::string& address) {
  k8s::Pod pod;
  pod.meta = {.ns = "shop", .name = name, .uid = "uid-" + name, .labels = {{"app", name}}, .created = ""};
  pod.node = "node-a";
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {address};
  return pod;
}

// Pod api is isolated in both directions and allows nothing; pod web is not isolated.
class CuttingTest : public testing::Test {
 protected:
  CuttingTest() {
    Core core({.node = "node-a"});
    k8s::NetworkPolicy deny;
    deny.meta = {.ns = "shop", .name = "deny", .uid = "u", .labels = {}, .created = ""};
    deny.ingress_isolates = deny.egress_isolates = true;
    deny.pod_selector.match_labels = {{"app", "api"}};
    core.upsert(pod("api", "10.244.1.5"));
    core.upsert(pod("web", "10.244.1.6"));
    core.upsert(deny);
    table = core.table();
  }
  bool forbidden(const Connection& one) const { return is_forbidden(one, here, nft::Simulation(table)); }

  nft::Table table;
  Neighbourhood here{.bridge = "cni0",
                     .pods = {at("10.244.1.5"), at("10.244.1.6")},
                     .pod_ranges = {},
                     .own = nft::unite({{at("10.244.1.1"), at("10.244.1.1")},
                                        {at("192.168.9.1"), at("192.168.9.1")},
                                        {at("198.51.100.0"), at("198.51.100.255")}}),
                     .shared = {{at("10.244.1.255"), at("10.244.1.255")}}};
};

TEST_F(CuttingTest, FromAndToAnIsolatedPod_IsForbidden_FromAndToAnotherItIsNot) {  // semantics 94
  EXPECT_TRUE(forbidden(connection("10.244.2.7", "10.244.1.5", 3000)));
  EXPECT_TRUE(forbidden(connection("10.244.1.5", "10.244.2.7", 3000, 17)));
  EXPECT_TRUE(forbidden(connection("10.244.1.6", "10.244.1.5", 3000)));
  EXPECT_FALSE(forbidden(connection("10.244.2.7", "10.244.1.6", 3000)));
  EXPECT_FALSE(forbidden(connection("10.244.1.5", "10.244.1.5", 3000)));
}

TEST_F(CuttingTest, OfTheNodeItself_IsNeverJudged) {
  EXPECT_FALSE(forbidden(connection("10.244.1.1", "10.244.1.5", 3000)));
  EXPECT_FALSE(forbidden(connection("192.168.9.1", "10.244.1.5", 3000)));
  EXPECT_FALSE(forbidden(connection("198.51.100.7", "10.244.1.5", 3000)));
  EXPECT_TRUE(forbidden(connection("198.51.101.0", "10.244.1.5", 3000)));
  EXPECT_FALSE(forbidden(through("10.96.0.10", connection("127.0.0.1", "10.244.1.5", 3000))));
}

TEST_F(CuttingTest, ThroughAService_IsJudgedByThePodBehindIt) {
  EXPECT_TRUE(forbidden(through("10.96.0.10", connection("10.244.1.6", "10.244.1.5", 3000))));
  EXPECT_FALSE(forbidden(through("10.244.1.5", connection("10.244.2.7", "10.244.1.6", 3000))));
}

TEST_F(CuttingTest, FromAPodToItsNode_IsJudgedByTheInputHook_AsLongAsTheBridgeIsThere) {  // semantics 83
  EXPECT_TRUE(forbidden(connection("10.244.1.5", "192.168.9.1", 22)));
  EXPECT_FALSE(forbidden(connection("10.244.1.6", "192.168.9.1", 22)));
  here.bridge_exists = false;
  EXPECT_FALSE(forbidden(connection("10.244.1.5", "192.168.9.1", 22)));
}

TEST_F(CuttingTest, WhoseWayIsNotToBeSeen_IsNotJudged) {
  Connection zoned = connection("10.244.2.7", "10.244.1.5", 3000);
  zoned.zone = 7;
  EXPECT_FALSE(forbidden(zoned));
  Connection announced = connection("10.244.2.7", "10.244.1.5", 3000);
  announced.status |= Connection::expected;
  EXPECT_FALSE(forbidden(announced));
  for (const char* group : {"10.244.1.255", "224.0.0.251", "255.255.255.255", "169.254.7.7"})
    EXPECT_FALSE(forbidden(connection("10.244.1.5", group, 53, 17))) << group;
}

TEST_F(CuttingTest, OfAnAddressThatTheGuardHolds_IsForbidden) {
  Core core({.node = "node-a"});
  core.pod_ranges({*nft::parse_prefix("10.244.1.0/24")});
  core.upsert(pod("web", "10.244.1.6"));
  table = core.table();
  here.pod_ranges = {*nft::parse_prefix("10.244.1.0/24")};
  EXPECT_TRUE(forbidden(connection("10.244.2.7", "10.244.1.9", 3000)));
  EXPECT_FALSE(forbidden(connection("10.244.2.7", "10.244.1.6", 3000)));
}

TEST_F(CuttingTest, ConcernsPods_WhenOneBeganItOrAnswers) {
  EXPECT_TRUE(concerns_pods(connection("10.244.2.7", "10.244.1.5", 1), here));
  EXPECT_TRUE(concerns_pods(through("10.96.0.10", connection("192.168.9.1", "10.244.1.6", 1)), here));
  EXPECT_FALSE(concerns_pods(connection("10.244.2.7", "10.244.3.5", 1), here));
}

}  // namespace
}  // namespace selvedge
