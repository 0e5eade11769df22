// The law of cutting: of any world, a connection is ended if and only if the plain reading of the world's policies
// denies the packet that would begin it now; those of the node itself never are.
#include <set>
#include <vector>

#include "controller/cutting.h"
#include "nft/simulate.h"
#include "test/property/dice.h"
#include "test/property/law.h"
#include "test/property/probes.h"

namespace selvedge::test {
namespace {

using nft::Connection;
using nft::Packet;

const std::set<nft::Address> own_addresses{*nft::parse_address("10.244.1.1"), *nft::parse_address("192.168.0.1"),
                                           *nft::parse_address("fd00:244:0:1::1"), *nft::parse_address("::1")};

std::vector<nft::Interval> own_intervals() {
  std::vector<nft::Interval> all;
  for (const nft::Address& address : own_addresses) all.push_back({address, address});
  return nft::unite(std::move(all));
}

// The entry that the packet would leave, as it looks when it was sent to `sent_to`.
Connection entry_of(const Packet& packet, const nft::Address& sent_to) {
  const bool has_ports = packet.protocol == 6 || packet.protocol == 17 || packet.protocol == 132;
  const std::uint16_t port = has_ports ? packet.port : std::uint16_t{0};
  Connection made;
  made.original = {.source = packet.source,
                   .destination = sent_to,
                   .protocol = packet.protocol,
                   .source_port = 40000,
                   .destination_port = port};
  made.reply = {.source = packet.destination,
                .destination = packet.source,
                .protocol = packet.protocol,
                .source_port = port,
                .destination_port = 40000};
  made.original.icmp_type = packet.icmpv6_type;
  return made;
}

bool is_own(const nft::Address& address) {
  const bool loopback = address.family == nft::Family::v4 && address.bytes[0] == 127;
  return loopback || own_addresses.contains(address);
}

// What is wrong with the judgement of one entry; empty: nothing.
std::string fault_of(const Connection& entry, const Neighbourhood& here, const nft::Simulation& rules,
                     const meaning::Meaning& meaning, Counts& counts) {
  const auto packet = first_packet(entry, here);
  const bool forbidden = is_forbidden(entry, here, rules);
  ++counts["entries"];
  if (!packet) return forbidden ? "ends one that it does not judge: " + to_string(entry) : "";
  ++counts["judged"];
  if (is_own(entry.original.source)) return "judges one of the node itself: " + to_string(entry);
  if ((packet->hook == nft::Hook::input) != is_own(entry.reply.source)) return "wrong hook: " + to_string(entry);
  const bool denied = !meaning.evaluate(*packet).allowed;
  if (denied) ++counts["forbidden"];
  if (forbidden == denied) return "";
  return (forbidden ? "ends an allowed one: " : "leaves a forbidden one: ") + to_string(entry);
}

TEST(CuttingLaw, OfAnyWorld_ExactlyTheConnectionsAreEndedThatThePoliciesForbid) {
  Counts counts;
  check_law("cutting", {.cases = 3000, .percent = 5}, counts, [&](const World& world) -> std::string {
    Core core(settings_of(world));
    for (const k8s::Object& object : objects_of(world)) core.upsert(object);
    nft::Table table = core.table();
    nft::HeldElements elements = nft::take_elements(table);
    const nft::PackedTable packed{std::move(table), std::move(elements)};
    const nft::Simulation rules(packed);
    const meaning::Meaning meaning(viewpoint_of(world), objects_of(world));
    const Neighbourhood here{.bridge = viewpoint_of(world).bridge,
                             .pods = core.local_addresses(),
                             .pod_ranges = core.guarded(),
                             .own = own_intervals()};
    Dice dice(11);
    for (const Packet& packet : probes(5, {world}, 60)) {
      const bool through_service = dice.chance(30);
      const nft::Address service =
          *nft::parse_address(packet.source.family == nft::Family::v4 ? "10.96.0.10" : "fd00:96::a");
      const std::string fault =
          fault_of(entry_of(packet, through_service ? service : packet.destination), here, rules, meaning, counts);
      if (!fault.empty()) return fault;
    }
    return "";
  });
  // Else the law would say little.
  EXPECT_GT(counts["judged"] * 3, counts["entries"]);
  EXPECT_GT(counts["forbidden"] * 10, counts["judged"]);
}

}  // namespace
}  // namespace selvedge::test
