#include "test/soak/flows.h"

#include <stdexcept>

#include "test/soak/cast.h"
#include "test/support/packet_bed.h"
#include "test/support/packet_bed_routes.h"

namespace selvedge::soak {
namespace {

constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17;
constexpr int often = 4;  // where what may go wrong takes no longer than a packet in flight

nft::Packet packet(const std::string& from, const std::string& to, std::uint8_t protocol, std::uint16_t port) {
  nft::Packet wanted{};
  wanted.source = *nft::parse_address(from);
  wanted.destination = *nft::parse_address(to);
  wanted.protocol = protocol;
  wanted.port = port;
  const auto placed = test::BedRoutes(test::usual_legs()).placed(wanted);
  if (!placed) throw std::invalid_argument("soak: nothing leads from " + from + " to " + to);
  return *placed;
}

Flow allowed(const char* name, nft::Packet packet, int weight = 1) {
  return {.name = name, .packet = std::move(packet), .allowed = true, .weight = weight, .established = false};
}
Flow forbidden(const char* name, nft::Packet packet, int weight = 1) {
  return {.name = name, .packet = std::move(packet), .allowed = false, .weight = weight, .established = false};
}
Flow established(const char* name, nft::Packet packet) {
  packet.state = nft::MatchCtState::established;
  return {.name = name, .packet = std::move(packet), .allowed = true, .weight = 1, .established = true};
}

}  // namespace

std::vector<Flow> flows() {
  return {
      allowed("client to victim, UDP", packet(client.v4, victim.v4, udp, 8080)),
      allowed("client to victim, TCP named port", packet(client.v4, victim.v4, tcp, 8080)),
      allowed("client to victim, IPv6", packet(client.v6, victim.v6, tcp, 8080)),
      forbidden("client to victim, wrong port", packet(client.v4, victim.v4, udp, 9)),
      forbidden("stranger to victim, UDP", packet(stranger.v4, victim.v4, udp, 8080)),
      forbidden("stranger to victim, TCP", packet(stranger.v4, victim.v4, tcp, 8080)),
      forbidden("stranger to victim, ICMP", packet(stranger.v4, victim.v4, icmp, 0)),
      forbidden("stranger to victim, IPv6", packet(stranger.v6, victim.v6, udp, 8080)),
      allowed("remote client to victim", packet(remote_client.v4, victim.v4, udp, 8080)),
      forbidden("remote stranger to victim", packet(remote_stranger.v4, victim.v4, tcp, 8080)),
      allowed("outsider in the block", packet(outsider_within, victim.v4, tcp, 443)),
      forbidden("outsider excepted from the block", packet(outsider_excepted, victim.v4, tcp, 443)),
      allowed("client to a pod now and then isolated", packet(client.v4, shifty.v4, udp, 8080)),
      forbidden("captive to a pod now and then isolated", packet(captive.v4, shifty.v4, udp, 8080)),
      allowed("captive to server", packet(captive.v4, server.v4, tcp, 8080)),
      forbidden("captive to outside", packet(captive.v4, "203.0.113.9", tcp, 443)),
      forbidden("captive to its node", packet(captive.v4, "10.244.1.1", tcp, 10250)),
      allowed("client to its node", packet(client.v4, "10.244.1.1", tcp, 10250)),
      allowed("pod now and then captive, to server", packet(turncoat.v4, server.v4, udp, 8080)),
      forbidden("pod now and then captive, to victim", packet(turncoat.v4, victim.v4, udp, 8080)),
      allowed("client to a reused address", packet(client.v4, reused_address, udp, 8080), often),
      forbidden("stranger to a reused address", packet(stranger.v4, reused_address, udp, 8080), often),
      allowed("roamer from set to set, to gate", packet(roamer.v4, gate.v4, udp, 8080), often),
      forbidden("swinger into the set and captive, to gate", packet(swinger.v4, gate.v4, udp, 8080), often),
      forbidden("one policy turns both ends round", packet(hinge_from.v4, hinge_to.v4, udp, 8080), often),
      allowed("bystanders", packet(free_from.v4, free_to.v4, tcp, 8080)),
      established("established, TCP", packet(client.v4, victim.v4, tcp, 9001)),
      established("established, UDP", packet(roamer.v4, gate.v4, udp, 9002)),
  };
}

}  // namespace selvedge::soak
