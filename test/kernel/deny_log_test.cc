// What is denied is told, with real packets: whoever listens to the group gets them with the prefix of the chain, no
// more than the rate; the counters have them all.
#include <gtest/gtest.h>

#include "controller/core.h"
#include "controller/denial_prefix.h"
#include "test/golden/story.h"
#include "test/kernel/judge.h"
#include "test/support/packet_log.h"

namespace selvedge::test {
namespace {

class DenyLogOfTheKernel : public KernelTest {};

nft::Packet packet_to(const char* destination, const char* source = "198.51.100.9") {
  nft::Packet packet{};
  packet.source = *nft::parse_address(source);
  packet.destination = *nft::parse_address(destination);
  packet.protocol = 6;
  packet.port = 80;
  return packet;
}

std::vector<nft::Packet> placed(const PacketBed& bed, const nft::Packet& packet, std::size_t times) {
  const auto at_its_place = bed.placed(packet);
  EXPECT_TRUE(at_its_place);
  return std::vector<nft::Packet>(times, at_its_place.value_or(packet));
}

// The prefixes of what was told, each as often as it was.
std::map<std::string, std::size_t> told(PacketLog& log) {
  std::map<std::string, std::size_t> prefixes;
  for (const auto& logged : log.receive_told()) ++prefixes[logged.prefix];
  return prefixes;
}

std::uint64_t counted(nft::Backend& backend, const std::string& role) {
  std::uint64_t packets = 0;
  const auto counts = backend.counts("selvedge");
  if (!counts || !*counts) return packets;
  for (const auto& [name, value] : **counts)
    if (name.starts_with(role)) packets += value.packets;
  return packets;
}

TEST_F(DenyLogOfTheKernel, TellsWhoseChainDenied_AndWhoWouldHave_AndWhatTheGuardHeld) {
  const auto story = read_story("audit");
  ASSERT_TRUE(story) << story.error();
  in_fresh_namespace([&] {
    PacketBed bed(legs_of("node-a"));
    auto backend = open_backend();
    const Loaded loaded(backend, table_of(*story, "node-a"));
    PacketLog log(DenyLog{}.group);
    EXPECT_EQ(bed.arrivals(placed(bed, packet_to("10.244.1.5"), 1)), std::vector<bool>{true});   // tried/web
    EXPECT_EQ(bed.arrivals(placed(bed, packet_to("10.244.1.7"), 1)), std::vector<bool>{false});  // firm/web
    EXPECT_EQ(bed.arrivals(placed(bed, packet_to("10.244.1.99"), 1)), std::vector<bool>{false});
    std::map<Denial, std::string> denials;
    for (const auto& [prefix, times] : told(log)) {
      const auto read = parse_denial_prefix(prefix);
      ASSERT_TRUE(read) << prefix;
      EXPECT_EQ(read->direction, Direction::ingress);
      denials[read->denial] = read->pod;
    }
    EXPECT_EQ(denials, (std::map<Denial, std::string>{
                           {Denial::policy, "firm/web"}, {Denial::audit, "tried/web"}, {Denial::guard, ""}}));
    EXPECT_EQ(counted(backend, "audit-ingress-"), 1U);
    EXPECT_GE(counted(backend, "deny-ingress-"), 1U);  // the bed asks again after what did not arrive
    EXPECT_GE(counted(backend, "deny-guard"), 1U);
  });
}

TEST_F(DenyLogOfTheKernel, TellsNoMoreThanItsRate_AndCountsAll) {
  auto story = read_story("audit");
  ASSERT_TRUE(story) << story.error();
  Settings settings;
  settings.node = "node-a";
  settings.deny_log = DenyLog{.group = 9, .rate = 1};
  Core core(settings);
  for (const k8s::Object& object : story->objects) core.upsert(object);
  in_fresh_namespace([&] {
    PacketBed bed(legs_of("node-a"));
    auto backend = open_backend();
    const Loaded loaded(backend, core.table());
    PacketLog log(9);
    constexpr std::size_t sent = 2000;
    bed.arrivals(placed(bed, packet_to("10.244.1.7"), sent));
    const std::uint64_t packets = counted(backend, "deny-ingress-");
    EXPECT_GE(packets, sent);  // some come in two fragments
    std::size_t logged = 0;
    for (const auto& [prefix, times] : told(log)) logged += times;
    EXPECT_GE(logged, 1U);
    EXPECT_LT(logged, packets / 10);
  });
}

// A listener that comes, or goes, changes nothing for packets.
TEST_F(DenyLogOfTheKernel, WithoutAListener_OrWithOneThatReadsNothing_DeniesAsWell) {
  const auto story = read_story("audit");
  ASSERT_TRUE(story) << story.error();
  in_fresh_namespace([&] {
    PacketBed bed(legs_of("node-a"));
    auto backend = open_backend();
    const Loaded loaded(backend, table_of(*story, "node-a"));
    const auto packets = placed(bed, packet_to("10.244.1.7"), 100);
    const std::vector<bool> none(packets.size(), false);
    EXPECT_EQ(bed.arrivals(packets), none);
    const PacketLog deaf(DenyLog{}.group);
    EXPECT_EQ(bed.arrivals(packets), none);
    EXPECT_GE(counted(backend, "deny-ingress-"), 2 * packets.size());
  });
}

}  // namespace
}  // namespace selvedge::test
