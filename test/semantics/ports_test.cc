// Semantics 23-43: ports and protocols.
#include <gtest/gtest.h>

#include "test/semantics/world.h"

namespace selvedge::test {
namespace {

using nft::MatchCtState;

constexpr std::uint8_t gre = 47;
constexpr std::uint8_t esp = 50;
constexpr std::uint8_t igmp = 2;

// shop/web and shop/api are open to all at `ports`, a list in YAML.
World open_at(const std::string& ports) {
  World world;
  world.policy("{podSelector: {}, ingress: [{ports: " + ports + "}]}");
  return world;
}

// ... and may reach all at `ports`.
World open_to(const std::string& ports) {
  World world;
  world.policy("{podSelector: {}, policyTypes: [Egress], egress: [{ports: " + ports + "}]}");
  return world;
}

// ---- numbers -----------------------------------------------------------------------

TEST(Protocol_Absent, IsTcp) {  // semantics 23, R10
  const World world = open_at("[{port: 53}]");
  EXPECT_TRUE(world.allows(tcp(outside, web, 53)));
  EXPECT_TRUE(world.denies(udp(outside, web, 53)));
  EXPECT_TRUE(world.denies(sctp(outside, web, 53)));
}

TEST(Protocol_WithoutAPort, IsAllItsPorts) {  // semantics 24
  const World world = open_at("[{protocol: UDP}]");
  for (const auto port : Ports{0, 1, 53, 65535}) EXPECT_TRUE(world.allows(udp(outside, web, port)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 53)));
  EXPECT_TRUE(world.denies(sctp(outside, web, 53)));
  EXPECT_TRUE(world.denies(ping(outside, web)));
}

TEST(PortEntry_Empty, IsAllOfTcp) {  // semantics 25
  const World world = open_at("[{}]");
  for (const auto port : Ports{1, 80, 65535}) EXPECT_TRUE(world.allows(tcp(outside, web, port)));
  EXPECT_TRUE(world.denies(udp(outside, web, 80)));
}

// What a Service's port leads to is the packet's destination at our hooks, which come after DNAT.
TEST(Port_Numeric, IsThePodsOwn_NotTheServices) {  // semantics 26
  const World world = open_at("[{port: 8080}]");
  EXPECT_TRUE(world.allows(tcp(outside, api, 8080)));
  EXPECT_TRUE(world.denies(tcp(outside, api, 80)));
  for (const auto& [name, chain] : world.table().chains) {
    if (!chain.base) continue;
    EXPECT_GT(chain.base->priority, -100) << name;  // dstnat
    EXPECT_LT(chain.base->priority, 100) << name;   // srcnat
  }
}

TEST(EndPort, IsIncluded) {  // semantics 27
  const World world = open_at("[{port: 8000, endPort: 8100}, {port: 9000, endPort: 9000}]");
  for (const auto port : Ports{8000, 8001, 8099, 8100, 9000}) EXPECT_TRUE(world.allows(tcp(outside, web, port)));
  for (const auto port : Ports{7999, 8101, 8999, 9001}) EXPECT_TRUE(world.denies(tcp(outside, web, port)));
}

TEST(EndPort_ThatCannotBe, MatchesNothing_NotTheFirstPort) {  // semantics 27, R9
  for (const char* ports : {"[{endPort: 90}]", "[{port: http, endPort: 90}]", "[{port: 80, endPort: 79}]",
                            "[{port: 80, endPort: 65536}]", "[{protocol: TCP, endPort: 65535}]"}) {
    SCOPED_TRACE(ports);
    const World world = open_at(ports);
    for (const auto port : Ports{79, 80, 81, 90}) EXPECT_TRUE(world.denies(tcp(outside, web, port)));
    EXPECT_NE(world.problems(), "");
  }
}

TEST(Ranges_ThatOverlap, AreTheirUnion) {  // semantics 28
  const World world = open_at(
      "[{port: 80, endPort: 90}, {port: 85, endPort: 100}, {port: 101}, {port: 85}, {port: 1, endPort: 65535,"
      " protocol: UDP}]");
  for (const auto port : Ports{80, 85, 90, 91, 100, 101}) EXPECT_TRUE(world.allows(tcp(outside, web, port)));
  for (const auto port : Ports{79, 102}) EXPECT_TRUE(world.denies(tcp(outside, web, port)));
  EXPECT_TRUE(world.allows(udp(outside, web, 65535)));
}

TEST(Port_OutOfRange, MatchesNothing_ItsNeighbourStillDoes) {  // semantics 29, R9
  for (const char* port : {"0", "65536", "-1", "4294967376", "99999999999999999999"}) {
    SCOPED_TRACE(port);
    const World world = open_at(std::string("[{port: ") + port + "}, {port: 443}]");
    EXPECT_TRUE(world.denies(tcp(outside, web, 0)));
    EXPECT_TRUE(world.denies(tcp(outside, web, 80)));  // 4294967376 is 80 in 32 bits
    EXPECT_TRUE(world.denies(tcp(outside, web, 65535)));
    EXPECT_TRUE(world.allows(tcp(outside, web, 443)));
    EXPECT_NE(world.problems(), "");
  }
}

// ---- names -------------------------------------------------------------------------

// A running pod of shop with these container ports (YAML).
PodText serving(const std::string& name, const std::string& address, const std::string& ports,
                const std::string& node = "node-a") {
  return {.name = name,
          .labels = "app: " + name,
          .addresses = address,
          .node = node,
          .spec = "containers: [{name: c, image: i, ports: " + ports + "}]"};
}

TEST(PortName_OnIngress, IsWhatEachTargetSaysItIs) {  // semantics 30
  World world = open_at("[{port: http}]");
  world.pod(serving("new", "10.244.1.30", "[{name: http, containerPort: 8000}]"));
  EXPECT_TRUE(world.allows(tcp(outside, web, 80)));
  EXPECT_TRUE(world.denies(tcp(outside, web, 8000)));
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 8000)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
}

TEST(PortName_OnEgress_WithoutTo, IsWhatAnyPodOfTheClusterSaysItIs) {  // semantics 31
  World world = open_to("[{port: http}]");
  EXPECT_TRUE(world.allows(tcp(web, db, 8080)));
  EXPECT_TRUE(world.denies(tcp(web, db, 80)));
  EXPECT_TRUE(world.denies(tcp(web, far, 80)));
  EXPECT_TRUE(world.denies(tcp(web, outside, 80)));
  world.pod({.name = "far",
             .labels = "app: web",
             .addresses = "10.244.2.20",
             .ns = "other",
             .node = "node-b",
             .spec = "containers: [{name: c, image: i, ports: [{name: http, containerPort: 81}]}]"});
  EXPECT_TRUE(world.allows(tcp(web, far, 81)));
}

TEST(PortName_OnEgress_ToABlock, IsThatOfThePodsInside_AndNothingOutsideTheCluster) {  // semantics 31
  World world;
  world.policy(R"({podSelector: {}, egress: [
      {to: [{ipBlock: {cidr: 10.244.2.0/28}}, {ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: http}]}]})");
  EXPECT_TRUE(world.allows(tcp(web, db, 8080)));
  EXPECT_TRUE(world.denies(tcp(web, db, 80)));
  EXPECT_TRUE(world.denies(tcp(web, outside, 80)));
  EXPECT_TRUE(world.denies(tcp(web, outside, 8080)));
  world.pod(serving("db2", "10.244.2.99", "[{name: http, containerPort: 8080}]", "node-b"));
  EXPECT_TRUE(world.denies(tcp(web, "10.244.2.99", 8080)));
}

TEST(PortName_OnEgress_ToPods, IsThatOfThePeer) {  // semantics 31
  World world;
  world.policy(R"({podSelector: {}, egress: [
      {to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: http}]}]})");
  EXPECT_TRUE(world.allows(tcp(web, db, 8080)));
  EXPECT_TRUE(world.allows(tcp(api, db, 8080)));
  EXPECT_TRUE(world.denies(tcp(api, web, 80)));
}

TEST(PortName_OfAnotherProtocol, IsNotMeant) {  // semantics 32
  World world = open_at("[{port: dns, protocol: UDP}]");
  world.pod(serving("dns", "10.244.1.30", "[{name: dns, containerPort: 5353, protocol: TCP}]"));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 5353)));
  EXPECT_TRUE(world.denies(udp(outside, "10.244.1.30", 5353)));
}

TEST(PortName_ThatOnePodHasSeveralTimes, MeansAllOfThem) {  // semantics 32
  World world = open_at("[{port: dns, protocol: UDP}]");
  world.pod({.name = "dns", .labels = "app: dns", .addresses = "10.244.1.30", .spec = R"(containers: [
                 {name: a, image: i, ports: [{name: dns, containerPort: 53, protocol: UDP}]},
                 {name: b, image: i, ports: [{name: dns, containerPort: 54, protocol: UDP}]},
                 {name: c, image: i, ports: [{name: dns, containerPort: 55}]}])"});
  EXPECT_TRUE(world.allows(udp(outside, "10.244.1.30", 53)));
  EXPECT_TRUE(world.allows(udp(outside, "10.244.1.30", 54)));
  EXPECT_TRUE(world.denies(udp(outside, "10.244.1.30", 55)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 55)));
}

TEST(PortName_ThatNoPodDeclares, MatchesNothing_AndThePodStaysIsolated) {  // semantics 33, R9
  const World world = open_at("[{port: metrics}]");
  for (const auto port : Ports{0, 80, 8080, 65535}) EXPECT_TRUE(world.denies(tcp(outside, web, port)));
}

TEST(PortName_ThatIsNone, MatchesNothing) {  // semantics 33, R9
  for (const char* name : {"'80'", "HTTP", "a--b", "-a", "a-", "''", "much-too-long-a-name", "http/1"}) {
    SCOPED_TRACE(name);
    World world = open_at(std::string("[{port: ") + name + "}]");
    world.pod(serving("odd", "10.244.1.30", std::string("[{name: ") + name + ", containerPort: 80}]"));
    EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 80)));
    EXPECT_NE(world.problems(), "");
  }
}

TEST(PortName_OfASidecar_Counts_ThatOfAnInitContainer, DoesNot) {  // semantics 34
  World world = open_at("[{port: metrics}]");
  world.pod({.name = "car",
             .labels = "app: car",
             .addresses = "10.244.1.30",
             .spec = R"(containers: [{name: c, image: i}], initContainers: [
                 {name: sidecar, image: i, restartPolicy: Always, ports: [{name: metrics, containerPort: 9100}]},
                 {name: setup, image: i, ports: [{name: metrics, containerPort: 9200}]}])"});
  EXPECT_TRUE(world.allows(tcp(outside, "10.244.1.30", 9100)));
  EXPECT_TRUE(world.denies(tcp(outside, "10.244.1.30", 9200)));
}

TEST(PortName_OnTheHostsNetwork, IsNoPods) {  // semantics 35
  World world = open_to("[{port: http}]");
  world.pod({.name = "agent",
             .labels = "app: agent",
             .addresses = "192.0.2.2",
             .node = "node-b",
             .spec = "hostNetwork: true, containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]"});
  EXPECT_TRUE(world.denies(tcp(web, node_b, 80)));
}

// ---- protocols ---------------------------------------------------------------------

TEST(Sctp, IsNeitherTcpNorUdp) {  // semantics 36
  const World sctp_only = open_at("[{port: 9, protocol: SCTP}]");
  EXPECT_TRUE(sctp_only.allows(sctp(outside, web, 9)));
  EXPECT_TRUE(sctp_only.denies(tcp(outside, web, 9)));
  EXPECT_TRUE(sctp_only.denies(udp(outside, web, 9)));
  const World others = open_at("[{port: 9}, {port: 9, protocol: UDP}]");
  EXPECT_TRUE(others.denies(sctp(outside, web, 9)));
}

TEST(UdpRule, DoesNotOpenTcp_NorTheReverse) {  // semantics 37
  const World udp_only = open_at("[{port: 53, protocol: UDP}]");
  EXPECT_TRUE(udp_only.allows(udp(outside, web, 53)));
  EXPECT_TRUE(udp_only.denies(tcp(outside, web, 53)));
  const World tcp_only = open_at("[{port: 53, protocol: TCP}]");
  EXPECT_TRUE(tcp_only.denies(udp(outside, web, 53)));
}

TEST(Icmp, FollowsRulesWithoutPorts) {  // semantics 38, R5
  const World with_ports = open_at("[{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]");
  EXPECT_TRUE(with_ports.denies(ping(outside, web)));
  EXPECT_TRUE(with_ports.denies(ping(outside6, web6)));
  const World without = open_at("[]");
  EXPECT_TRUE(without.allows(ping(outside, web)));
  EXPECT_TRUE(without.allows(ping(outside6, web6)));
}

TEST(IcmpErrors_OfAConnection, AlwaysPass) {  // semantics 38, R4
  World world;
  world.policy("{podSelector: {}, policyTypes: [Ingress, Egress]}");
  EXPECT_TRUE(world.allows(in_state(other(1, outside, web), MatchCtState::related)));
  EXPECT_TRUE(world.allows(in_state(icmpv6(2, outside6, web6, 64), MatchCtState::related)));  // packet too big
  EXPECT_TRUE(world.allows(in_state(other(1, web, outside), MatchCtState::related)));
  EXPECT_TRUE(world.denies(in_state(other(1, outside, web), MatchCtState::fresh)));
}

TEST(NeighbourDiscovery_Passes_WithHopLimit255, Only) {  // semantics 39, R5
  World world;
  world.policy("{podSelector: {}, policyTypes: [Ingress, Egress]}");
  for (const auto type : Bytes{133, 135, 136}) {
    EXPECT_TRUE(world.allows(icmpv6(type, web6, api6, 255)));
    EXPECT_TRUE(world.allows(between_ports(icmpv6(type, "fe80::a", "ff02::1:ff00:11", 255))));
    EXPECT_TRUE(world.allows(to_node(icmpv6(type, web6, "fd00:244:1::1", 255))));
    for (const auto hops : Bytes{1, 64, 254}) EXPECT_TRUE(world.denies(icmpv6(type, web6, outside6, hops)));
  }
  EXPECT_TRUE(world.denies(icmpv6(132, web6, outside6, 255)));
  EXPECT_TRUE(world.denies(icmpv6(138, web6, outside6, 255)));
}

TEST(MulticastListeners_Pass_WithHopLimit1_AndNoRoutableSource, Only) {  // semantics 39, R5
  World world;
  world.policy("{podSelector: {}, policyTypes: [Ingress, Egress]}");
  for (const auto type : Bytes{130, 131, 132, 143}) {
    for (const char* source : {"fe80::a", "::"}) {
      EXPECT_TRUE(world.allows(between_ports(icmpv6(type, source, "ff02::16", 1))));
      EXPECT_TRUE(world.allows(to_node(icmpv6(type, source, "ff02::16", 1))));
    }
    EXPECT_TRUE(world.denies(icmpv6(type, web6, outside6, 1)));
    EXPECT_TRUE(world.denies(between_ports(with_type(icmpv6(type, "fe80::a", "ff02::16", 255), 5))));
  }
}

// The node is the pods' router; its advertisements leave by the output hook. Where no pod is isolated nothing is held
// back.
TEST(RouterAdvertisement_OfAPod, IsDenied_WhereAnyPodIsIsolated) {  // semantics 39, R13
  World world;
  for (const auto type : Bytes{134, 137}) {
    EXPECT_TRUE(world.allows(between_ports(icmpv6(type, "fe80::a", "ff02::1", 255))));
  }
  world.policy("{podSelector: {matchLabels: {app: api}}}");
  for (const auto type : Bytes{134, 137}) {
    EXPECT_TRUE(world.denies(between_ports(icmpv6(type, "fe80::a", "ff02::1", 255))));
    EXPECT_TRUE(world.denies(to_node(icmpv6(type, "fe80::a", "fe80::1", 255))));
  }
}

TEST(OtherProtocols_FollowRulesWithoutPorts, AsIcmpDoes) {  // semantics 40
  const World with_ports = open_at("[{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]");
  const World without = open_at("[]");
  for (const auto protocol : Bytes{gre, esp, igmp}) {
    EXPECT_TRUE(with_ports.denies(other(protocol, outside, web)));
    EXPECT_TRUE(without.allows(other(protocol, outside, web)));
  }
}

TEST(OtherProtocols_WhoseThirdByteLooksLikeAPort, DoNotMatchIt) {  // semantics 40
  const World world = open_at("[{port: 80}]");
  nft::Packet packet = other(gre, outside, web);
  packet.port = 80;
  EXPECT_TRUE(world.denies(packet));
}

TEST(Multicast_OfAnEgressIsolatedPod, IsDenied) {  // semantics 41, R13
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
  EXPECT_TRUE(world.denies(between_ports(with_type(udp(web, "224.0.0.251", 5353), nft::MatchFibType::multicast))));
  EXPECT_TRUE(world.denies(by(udp(web, "239.1.1.1", 5000), "cni0", "eth0")));
  EXPECT_TRUE(world.denies(between_ports(with_type(udp(web, "255.255.255.255", 99), nft::MatchFibType::broadcast))));
}

// Conntrack, which our state matches bring in, puts fragments together at prerouting (priority -400): every chain of
// ours comes after that.
TEST(Fragments_ArePutTogether, BeforeAnyRuleOfOurs) {  // semantics 42
  const World world = open_at("[{port: 80}]");
  for (const auto& [name, chain] : world.table().chains) {
    if (!chain.base) continue;
    EXPECT_GT(chain.base->priority, -200) << name;  // conntrack; defragmentation is at -400
    ASSERT_FALSE(chain.rules.empty());
  }
}

TEST(InvalidState, IsUnmatched_ForIsolatedPodsOnly) {  // semantics 43, 99
  World world;
  world.policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}");
  EXPECT_TRUE(world.denies(in_state(tcp(outside, web, 80), MatchCtState::invalid)));
  EXPECT_TRUE(world.denies(in_state(tcp(web, outside, 80), MatchCtState::invalid)));
  EXPECT_TRUE(world.denies(in_state(to_node(tcp(web, node_a, 80)), MatchCtState::invalid)));
  EXPECT_TRUE(world.allows(in_state(tcp(outside, api, 80), MatchCtState::invalid)));
  EXPECT_TRUE(world.allows(in_state(tcp(api, outside, 80), MatchCtState::invalid)));
}

}  // namespace
}  // namespace selvedge::test
