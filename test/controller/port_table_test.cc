// Which port is whose, and what may come from it (semantics 92). What real packets do is tested in test/kernel.
#include "controller/port_table.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "nft/simulate.h"
#include "nft/text.h"
#include "nft/validate.h"

namespace selvedge {
namespace {

using nft::Address;
using nft::BridgePort;

Address address(const char* text) {
  return *nft::parse_address(text);
}

BridgePort port(std::uint32_t index, bool of_a_pod = true) {
  return {.index = index,
          .name = "veth" + std::to_string(index),
          .of_a_pod = of_a_pod,
          .peer_space = of_a_pod ? static_cast<std::int32_t>(index) : -1,
          .peer_index = 2};
}

// Ports 5 and 6 are those of api and web; 7 is a pod's that is not known; 8 is no pod's.
struct Scene {
  PortBindings bindings;
  nft::BridgePorts ports{.ports = {port(5), port(6), port(7), port(8, false)}, .other_bridges = false};
  PodAddresses pods{{{"shop", "api"}, {address("10.244.1.5"), address("fd00:244:0:1::5")}},
                    {{"shop", "web"}, {address("10.244.1.6"), address("fd00:244:0:1::6")}}};
  std::vector<nft::Prefix> ranges{*nft::parse_prefix("10.244.1.0/24"), *nft::parse_prefix("fd00:244:0:1::/64")};

  Scene() {
    bindings.there_are(ports.ports);
    bindings.holds(5, {address("10.244.1.5"), address("fd00:244:0:1::5")});
    bindings.holds(6, {address("10.244.1.6"), address("fd00:244:0:1::6")});
    bindings.bind(pods);
  }

  nft::Table table() const {
    nft::Table made =
        port_table({.table = "selvedge", .bindings = bindings, .ports = ports, .pods = pods, .ranges = ranges});
    const auto faults = nft::validate(made);
    EXPECT_TRUE(faults.empty()) << faults[0].object << ": " << faults[0].message;
    return made;
  }
  std::optional<k8s::ObjectKey> pod_at(std::uint32_t index) const { return bindings.ports().at(index).pod; }
};

nft::Packet udp(std::uint32_t index, const char* from, const char* to = "10.244.1.9") {
  nft::Packet packet{.hook = nft::Hook::prerouting,
                     .in = "veth" + std::to_string(index),
                     .out = "",
                     .source = address(from),
                     .destination = address(to),
                     .protocol = 17,
                     .port = 3000};
  packet.in_index = index;
  return packet;
}
nft::Packet udp6(std::uint32_t index, const char* from) {
  return udp(index, from, "fd00:244:0:1::9");
}

bool passes(const Scene& scene, const nft::Packet& packet) {
  return nft::simulate(scene.table(), packet).accepted;
}

TEST(PortTable, ABoundPort_SendsFromItsPodsAddresses_OfBothFamilies_AndFromNoOthers) {  // semantics 92
  const Scene scene;
  EXPECT_TRUE(passes(scene, udp(5, "10.244.1.5")));
  EXPECT_TRUE(passes(scene, udp6(5, "fd00:244:0:1::5")));
  for (const char* other : {"10.244.1.6", "10.244.1.99", "10.244.2.7", "172.31.0.12", "203.0.113.9", "10.244.1.1",
                            "0.0.0.0", "127.0.0.1", "224.0.0.1", "169.254.1.1"})
    EXPECT_FALSE(passes(scene, udp(5, other))) << other;
  for (const char* other : {"fd00:244:0:1::6", "fd00:244:0:2::7", "2001:db8::9", "::", "::1", "ff02::1"})
    EXPECT_FALSE(passes(scene, udp6(5, other))) << other;
}

TEST(PortTable, AnUnboundPort_BorrowsNoAddressThatCouldOpenADoor) {
  const Scene scene;
  EXPECT_TRUE(passes(scene, udp(7, "10.244.1.7"))) << "its own, which the guard judges";
  EXPECT_TRUE(passes(scene, udp6(7, "fd00:244:0:1::7")));
  for (const char* other : {"10.244.1.5", "10.244.1.6", "10.244.2.7", "172.31.0.12"})
    EXPECT_FALSE(passes(scene, udp(7, other))) << other;
  for (const char* other : {"fd00:244:0:1::5", "fd00:244:0:2::7"}) EXPECT_FALSE(passes(scene, udp6(7, other))) << other;
}

TEST(PortTable, APortThatWasNotSeenYet_IsUnbound_UnlessItMayBeAnotherBridges) {
  Scene scene;
  EXPECT_TRUE(passes(scene, udp(99, "10.244.1.7")));
  EXPECT_FALSE(passes(scene, udp(99, "10.244.1.5")));
  EXPECT_FALSE(passes(scene, udp(99, "172.17.0.2")));
  scene.ports.other_bridges = true;
  EXPECT_TRUE(passes(scene, udp(99, "172.17.0.2")));
  EXPECT_FALSE(passes(scene, udp(99, "10.244.1.5"))) << "no other bridge's either";
  EXPECT_FALSE(passes(scene, udp(7, "172.17.0.2"))) << "but one that is known to be a pod's";
}

TEST(PortTable, APortThatIsNoPods_IsLeftAlone) {
  const Scene scene;
  nft::Packet packet = udp(8, "10.244.1.5");
  EXPECT_TRUE(passes(scene, packet));
  packet.ether_type = nft::MatchEtherType::vlan;
  EXPECT_TRUE(passes(scene, packet));
}

// semantics 104
TEST(PortTable, WithoutPodRanges_AnUnboundPortSendsFromAllButBoundAddresses) {
  Scene scene;
  scene.ranges = {*nft::parse_prefix("10.244.1.0/24")};
  EXPECT_FALSE(passes(scene, udp(7, "10.244.2.7")));
  EXPECT_TRUE(passes(scene, udp6(7, "fd00:244:0:2::7")));
  EXPECT_FALSE(passes(scene, udp6(7, "fd00:244:0:1::5")));
}

// semantics 75
TEST(PortTable, AKnownPodOutsideTheRanges_SendsFromAPortThatIsNotBoundYet) {
  Scene scene;
  EXPECT_FALSE(passes(scene, udp(7, "192.168.7.7")));
  scene.pods[{"shop", "odd"}] = {address("192.168.7.7")};
  EXPECT_TRUE(passes(scene, udp(7, "192.168.7.7")));
  EXPECT_FALSE(passes(scene, udp(5, "192.168.7.7")));
}

TEST(PortTable, TaggedFramesOfPodsAreDropped) {
  const Scene scene;
  for (const std::uint32_t index : {5U, 7U, 99U}) {
    nft::Packet packet = udp(index, index == 5 ? "10.244.1.5" : "10.244.1.7");
    EXPECT_TRUE(passes(scene, packet));
    for (const int type : {0x8100, 0x88a8, 0x8863, 0x8864, 0x8847}) {
      packet.ether_type = static_cast<std::uint16_t>(type);
      EXPECT_FALSE(passes(scene, packet)) << std::hex << type;
    }
  }
}

TEST(PortTable, WithoutAnAddressAPodMayAskForOne) {
  const Scene scene;
  nft::Packet dhcp = udp(5, "0.0.0.0", "255.255.255.255");
  dhcp.port = 67;
  EXPECT_TRUE(passes(scene, dhcp));
  nft::Packet discovery = udp(5, "::", "ff02::1");
  discovery.protocol = 58;
  discovery.icmpv6_type = 135;
  EXPECT_FALSE(passes(scene, discovery)) << "it may have been routed here";
  discovery.hop_limit = 255;
  EXPECT_TRUE(passes(scene, discovery));
  discovery.icmpv6_type = 134;
  EXPECT_FALSE(passes(scene, discovery));
  EXPECT_TRUE(passes(scene, udp6(5, "fe80::1"))) << "link-local ones are R13's to judge";
}

TEST(PortTable, CountsWhatItDenies) {
  const Scene scene;
  for (const auto& [name, chain] : scene.table().chains) {
    for (const nft::Rule& rule : chain.rules)
      EXPECT_EQ(rule.counter.empty(), !std::holds_alternative<nft::Drop>(rule.verdict)) << name;
  }
}

TEST(PortTable, AnInterfacesOddName_MakesASoundChain) {
  Scene scene;
  scene.ports.ports[0].name = "v+e@t\"h";
  scene.bindings.there_are(scene.ports.ports);
  scene.bindings.holds(5, {address("10.244.1.5")});
  scene.bindings.bind(scene.pods);
  EXPECT_TRUE(scene.table().chains.contains("port-5-v_e_t_h")) << nft::to_text(scene.table());
}

// ---- bindings ---------------------------------------------------------------------

TEST(PortBindings, GoByWhatAPortHeldFirst) {
  Scene scene;
  EXPECT_EQ(scene.pod_at(5), (k8s::ObjectKey{"shop", "api"}));
  scene.bindings.holds(5, {address("10.244.1.6")});
  scene.bindings.bind(scene.pods);
  EXPECT_EQ(scene.pod_at(5), (k8s::ObjectKey{"shop", "api"}));
  EXPECT_EQ(scene.pod_at(6), (k8s::ObjectKey{"shop", "web"}));
  EXPECT_FALSE(passes(scene, udp(5, "10.244.1.6")));
}

// A pod that may configure its interface takes another's address before anybody looks: of the two that claim it neither
// is believed, and neither is cut off.
TEST(PortBindings, AnAddressThatTwoPortsHeldFirst_IsNeithers_UntilTheOneIsTold) {
  Scene scene;
  scene.bindings.holds(7, {address("10.244.1.5"), address("10.244.1.7")});
  scene.bindings.bind(scene.pods);
  EXPECT_FALSE(scene.pod_at(7));
  EXPECT_FALSE(scene.pod_at(5));
  EXPECT_TRUE(passes(scene, udp(5, "10.244.1.5")));
  scene.pods[{"shop", "new"}] = {address("10.244.1.7")};
  scene.bindings.bind(scene.pods);
  EXPECT_EQ(scene.pod_at(7), (k8s::ObjectKey{"shop", "new"}));
  EXPECT_EQ(scene.pod_at(5), (k8s::ObjectKey{"shop", "api"}));
  EXPECT_FALSE(passes(scene, udp(7, "10.244.1.5")));
}

// The API tells of a new sandbox's address late, and its former one is another pod's already.
TEST(PortBindings, FollowTheApi_WhenItWasLate) {
  PortBindings bindings;
  bindings.there_are({port(5), port(6)});
  bindings.holds(5, {address("10.244.1.5")});
  bindings.holds(6, {address("10.244.1.6")});
  const k8s::ObjectKey a{"shop", "a"}, b{"shop", "b"};
  bindings.bind({{a, {address("10.244.1.5")}}, {b, {address("10.244.1.6")}}});
  EXPECT_EQ(bindings.ports().at(5).pod, a);
  bindings.bind({{a, {address("10.244.1.6")}}, {b, {address("10.244.1.5")}}});
  EXPECT_EQ(bindings.ports().at(5).pod, b);
  EXPECT_EQ(bindings.ports().at(6).pod, a);
}

// semantics 68
TEST(PortBindings, OfAPodThatIsMadeAnew_AreItsNewPorts_ThoughTheOldOneLives) {
  PortBindings bindings;
  bindings.there_are({port(5), port(6)});
  bindings.holds(5, {address("10.244.1.5")});
  const k8s::ObjectKey pod{"shop", "web-0"};
  bindings.bind({{pod, {address("10.244.1.5")}}});
  bindings.holds(6, {address("10.244.1.6")});
  bindings.bind({{pod, {address("10.244.1.6")}}});
  EXPECT_FALSE(bindings.ports().at(5).pod);
  EXPECT_EQ(bindings.ports().at(6).pod, pod);
}

TEST(PortBindings, PortsThatHeldSeveralPodsAddresses_AreToldByWhatTheOthersHave) {
  PortBindings bindings;
  bindings.there_are({port(5), port(6)});
  bindings.holds(5, {address("10.244.1.5"), address("10.244.1.6")});
  bindings.holds(6, {address("10.244.1.6")});
  bindings.bind(Scene().pods);
  EXPECT_EQ(bindings.ports().at(5).pod, (k8s::ObjectKey{"shop", "api"}));
  EXPECT_EQ(bindings.ports().at(6).pod, (k8s::ObjectKey{"shop", "web"}));
}

TEST(PortBindings, OfTwoPortsThatClaimOnePod_NeitherIsBelieved) {
  PortBindings bindings;
  bindings.there_are({port(5), port(6)});
  bindings.holds(5, {address("10.244.1.6")});
  bindings.holds(6, {address("10.244.1.6")});
  bindings.bind(Scene().pods);
  EXPECT_FALSE(bindings.ports().at(5).pod);
  EXPECT_FALSE(bindings.ports().at(6).pod);
}

// semantics 97
TEST(PortBindings, EndWithThePort_AndTheAddressGoesToTheNextOne) {
  Scene scene;
  scene.ports.ports[0] = port(9);
  scene.bindings.there_are(scene.ports.ports);
  scene.bindings.holds(9, {address("10.244.1.5")});
  scene.pods.erase({"shop", "api"});
  scene.pods[{"shop", "next"}] = {address("10.244.1.5")};
  scene.bindings.bind(scene.pods);
  EXPECT_EQ(scene.pod_at(9), (k8s::ObjectKey{"shop", "next"}));
  EXPECT_TRUE(passes(scene, udp(9, "10.244.1.5")));
}

TEST(PortBindings, SurviveARestart_ByTheRulesThatWereLeft) {
  const Scene scene;
  const auto told = bound_addresses(scene.table());
  ASSERT_EQ(told.size(), 2U);
  PortBindings next;
  next.held(told);
  next.there_are(scene.ports.ports);
  next.holds(5, {address("10.244.1.6")});  // what it has given itself meanwhile
  next.bind(scene.pods);
  EXPECT_EQ(next.ports().at(5).pod, (k8s::ObjectKey{"shop", "api"}));
  EXPECT_EQ(next.ports().at(6).pod, (k8s::ObjectKey{"shop", "web"}));
}

}  // namespace
}  // namespace selvedge
