// The matrix of all parties of any world says of each pair what the plain reading says of packets between them.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "controller/explain/answer.h"
#include "controller/reach/reach.h"
#include "test/property/law.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

using nft::Family;
using reach::Party;

constexpr std::array<std::pair<std::uint8_t, std::uint16_t>, 9> kinds{
    {{6, 80}, {6, 81}, {6, 443}, {6, 8080}, {17, 53}, {17, 80}, {132, 80}, {1, 0}, {6, 65535}}};

struct Ends {
  nft::Address source, destination;
};

// Addresses that several pods claim are another matter (semantics 63).
std::optional<nft::Address> own_address(const Party& party, std::size_t which, Family family,
                                        const std::map<nft::Address, int>& claims) {
  if (party.kind != Party::Kind::pods) return party.address(family);
  if (which >= party.pods.size()) return std::nullopt;
  for (const std::string& text : party.pods[which]->addresses) {
    const auto address = nft::parse_address(text);
    if (!address || address->family != family) continue;
    return claims.at(*address) == 1 ? address : std::nullopt;
  }
  return std::nullopt;
}

bool includes(const reach::Ports& ports, std::uint8_t protocol, std::uint16_t port) {
  if (protocol == 1) return ports.others;
  return std::ranges::any_of(ports.ranges, [&](const reach::PortRange& range) {
    return range.protocol == protocol && range.first <= port && port <= range.last;
  });
}

nft::Packet packet_between(const Ends& ends, std::uint8_t protocol, std::uint16_t port) {
  nft::Packet packet;
  packet.hook = nft::Hook::forward;
  packet.in = "cni0";
  packet.out = "cni0";
  packet.source = ends.source;
  packet.destination = ends.destination;
  packet.protocol = protocol;
  packet.port = port;
  return packet;
}

std::map<nft::Address, int> claims_in(const std::vector<k8s::Object>& objects) {
  std::map<nft::Address, int> claims;
  for (const k8s::Object& object : objects) {
    const auto* pod = std::get_if<k8s::Pod>(&object);
    if (pod == nullptr || pod->host_network) continue;
    std::set<nft::Address> own;
    for (const std::string& text : pod->addresses) {
      if (const auto address = nft::parse_address(text)) own.insert(*address);
    }
    for (const nft::Address& address : own) ++claims[address];
  }
  return claims;
}

TEST(ReachLaw, TheMatrixOfAnyWorld_IsWhatThePlainReadingSaysOfEachPair) {
  Counts counts;
  check_law("reach", {.cases = 3000, .percent = 5}, counts, [&](World world) -> std::string {
    world.node.reset();
    world.nodes.clear();
    const auto objects = explain::with_addresses(objects_of(world));
    const auto claims = claims_in(objects);
    const meaning::Meaning meaning(viewpoint_of(world), objects);
    const reach::Reach matrix(objects, world.audited);
    const auto& parties = matrix.parties();
    ++counts["worlds"];
    for (std::size_t from = 0; from < parties.size(); ++from) {
      for (std::size_t to = 0; to < parties.size(); ++to) {
        for (const Family family : {Family::v4, Family::v6}) {
          const auto source = own_address(parties[from], 0, family, claims);
          const auto destination = own_address(parties[to], from == to ? 1 : 0, family, claims);
          if (!source || !destination) continue;
          for (const auto& [protocol, port] : kinds) {
            const nft::Packet packet = packet_between({*source, *destination}, protocol, port);
            const auto judgement = meaning.evaluate(packet);
            if (judgement.reasons.size() != 2) continue;  // settled by its way or kind
            ++counts[judgement.allowed ? "allowed" : "denied"];
            if (includes(matrix.between(from, to, family), protocol, port) != judgement.allowed)
              return nft::to_string(packet) + ": the matrix has " + to_string(matrix.between(from, to, family));
          }
        }
      }
    }
    return "";
  });
  EXPECT_GT(counts["denied"], counts["worlds"] * 10);
  EXPECT_GT(counts["allowed"], counts["worlds"] * 10);
}

}  // namespace
}  // namespace selvedge::test
