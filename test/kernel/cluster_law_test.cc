// Law 6 for whole clusters: what real packets meet under the rules of any state of the cluster is
// what simulate() says of the table, and what the plain reading says of the policies.
#include <gtest/gtest.h>

#include "test/kernel/judge.h"
#include "test/property/law.h"
#include "test/property/probes.h"
#include "test/property/world.h"
#include "test/support/packets_near.h"

namespace selvedge::test {
namespace {

using nft::Packet;

// A Flannel node as random worlds have it: pods of this node behind the bridge, those of others behind the tunnel.
std::vector<Leg> legs() {
  return {
      {.name = "cni0",
       .addresses = {"10.244.1.1/24", "fd00:244:0:1::1/64", "fe80::1/64"},
       .networks = {"10.244.1.0/24", "fd00:244:0:1::/64"}},
      {.name = "flannel.1",
       .addresses = {"10.244.1.0/32", "fe80::1/64"},
       .networks = {"10.244.0.0/16", "fd00:244::/48"}},
      {.name = "eth0",
       .addresses = {"192.168.0.1/24", "2001:db8:192::1/64", "fe80::1/64"},
       .networks = {"0.0.0.0/0", "::/0"}},
  };
}

// All that policies can tell apart about a new connection between any two places, in any order.
std::vector<Packet> matrix(const PacketBed& bed, const World& world) {
  std::set<nft::Address> places;
  for (const k8s::Pod& pod : world.pods) {
    for (const std::string& text : pod.addresses)
      if (const auto address = nft::parse_address(text)) places.insert(*address);
  }
  for (const char* text : {"203.0.113.7", "203.0.113.200", "10.244.1.1", "192.168.0.1", "10.244.2.77", "2001:db8::7",
                           "fd00:244:0:1::1", "fd00:244:0:2::77"})
    places.insert(*nft::parse_address(text));
  std::vector<Packet> packets;
  for (const nft::Address& from : places) {
    for (const nft::Address& to : places) {
      for (const auto& [protocol, port] : std::vector<std::pair<std::uint8_t, std::uint16_t>>{
               {6, 79}, {6, 80}, {6, 81}, {6, 443}, {17, 80}, {17, 82}, {132, 80}, {1, 0}, {58, 0}}) {
        Packet packet;
        packet.source = from;
        packet.destination = to;
        packet.protocol = protocol;
        packet.port = port;
        packet.icmpv6_type = protocol == 58 ? 128 : 0;
        if (from.family != to.family) continue;
        if (const auto placed = bed.placed(packet)) packets.push_back(*placed);
      }
    }
  }
  return packets;
}

// Some of the matrix, and as many from where all else varies too.
std::vector<Packet> packets_about(const PacketBed& bed, const World& world, std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<Packet> packets = matrix(bed, world);
  std::shuffle(packets.begin(), packets.end(), random);
  if (packets.size() > count) packets.resize(count);
  Probes probes(seed, {world});
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto packet = fitted(random, bed, probes.next())) packets.push_back(*packet);
  }
  return packets;
}

class ClusterLaw : public KernelTest {
 protected:
  static constexpr Effort effort{.cases = 40, .percent = 50};

  // What is wrong, a line for each packet.
  std::vector<std::string> judge_world(PacketBed& bed, nft::Backend& backend, std::uint64_t seed) {
    const World world = random_world(seed, static_cast<int>(seed % 101));
    const nft::Table table = rendered(world);
    const meaning::Meaning meaning(viewpoint_of(world), objects_of(world));
    const auto packets = carried(bed, packets_about(bed, world, seed, 400));
    Trial trial = judge(bed, backend, table, packets);
    for (const Packet& packet : packets) {
      const meaning::Judgement judgement = meaning.evaluate(packet);
      if (judgement.allowed == nft::simulate(table, packet).accepted) continue;
      trial.disagreements.push_back(to_string(packet) + ": evaluate() " + (judgement.allowed ? "allows" : "denies") +
                                    ", simulate() does not");
    }
    counts_["packets"] += trial.compared;
    counts_["dropped"] += trial.dropped;
    counts_["worlds"] += 1;
    return trial.disagreements;
  }

  Counts counts_;
};

TEST_F(ClusterLaw, RealPackets_MeetWhatTheTableAndThePoliciesSay) {
  in_fresh_namespace([this] {
    PacketBed bed(legs());
    auto backend = open_backend();
    Rounds rounds(effort);
    int failures = 0;
    while (failures == 0 && rounds.next()) {
      for (int i = 0; i < effort.cases; ++i) {
        const std::uint64_t seed = rounds.seed() * 1000 + static_cast<std::uint64_t>(i);
        const auto disagreements = judge_world(bed, backend, seed);
        for (std::size_t d = 0; d < std::min<std::size_t>(disagreements.size(), 5); ++d) {
          ++failures;
          ADD_FAILURE() << disagreements[d] << "\nworld " << seed << " of SELVEDGE_SEED=" << rounds.seed();
        }
      }
    }
    print_counts("kernel, random clusters", rounds.extent(), counts_, failures);
    EXPECT_GT(counts_["dropped"] * 10, counts_["packets"]);
    EXPECT_LT(counts_["dropped"] * 10, counts_["packets"] * 9);
  });
}

// A pod of this node that all is denied to.
World closed() {
  World world;
  k8s::Pod pod;
  pod.meta = {.ns = "blue", .name = "pod", .uid = "1", .labels = {}, .created = ""};
  pod.node = *world.node;
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {"10.244.1.5", "fd00:244:0:1::5"};
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "blue", .name = "deny", .uid = "", .labels = {}, .created = ""};
  policy.ingress_isolates = policy.egress_isolates = true;
  world.pods = {pod};
  world.policies = {policy};
  return world;
}

// ff00:: is to the routing table the anycast address of a network's routers. The sender's address is not the pod's: no
// dispatch map knows it.
TEST_F(ClusterLaw, NoGroupIsReachedFromAPort_AsSoonAsSomePodIsIsolated) {  // semantics 41
  in_fresh_namespace([] {
    PacketBed bed(legs());
    auto backend = open_backend();
    std::vector<Packet> packets;
    for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{{"10.244.1.77", "224.0.0.0"},
                                                                                   {"10.244.1.77", "239.255.255.255"},
                                                                                   {"10.244.1.77", "10.244.1.255"},
                                                                                   {"10.244.1.77", "255.255.255.255"},
                                                                                   {"10.244.1.77", "0.0.0.0"},
                                                                                   {"fd00:244:0:1::77", "ff00::"},
                                                                                   {"fd00:244:0:1::77", "ff02::1"},
                                                                                   {"fd00:244:0:1::77", "fe80::"}}) {
      Packet packet;
      packet.source = *nft::parse_address(from);
      packet.destination = *nft::parse_address(to);
      packet.protocol = 17;
      packet.port = 5000;
      packet.in = packet.out = "cni0";
      packet.destination_type = bed.type_of(packet.destination, packet.hook);
      packets.push_back(packet);
    }
    EXPECT_EQ(carried(bed, packets).size(), packets.size());
    const Loaded loaded(backend, rendered(closed()));
    const std::vector<bool> arrived = bed.arrivals(packets);
    for (std::size_t i = 0; i < packets.size(); ++i) EXPECT_FALSE(arrived[i]) << to_string(packets[i]);
  });
}

}  // namespace
}  // namespace selvedge::test
