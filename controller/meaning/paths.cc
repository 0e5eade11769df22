// The surprises are R13's: a neighbour on the bridge reaches a pod by link-local, multicast and
// broadcast addresses, which no Pod object names. So they are closed where packets go from one port
// of the bridge to another, or from a pod to its node, as soon as one pod of the node is isolated.
#include "controller/meaning/paths.h"

#include <cstdint>

#include "controller/meaning/address.h"

namespace selvedge::meaning {
namespace {

using nft::Family;
using nft::Hook;
using nft::MatchCtState;
using nft::MatchFibType;
using nft::Packet;
using Kind = Reason::Kind;

constexpr std::uint8_t udp = 17;
constexpr std::uint8_t icmpv6 = 58;

bool is_link_local_v4(const nft::Address& address) {
  static const auto link_local = block("169.254.0.0/16");
  return lies_in(address, link_local);
}

bool is_link_local_v6(const nft::Address& address) {
  static const auto link_local = block("fe80::/10");
  return lies_in(address, link_local);
}

bool is_unspecified_v6(const nft::Address& address) {
  static const auto unspecified = block("::/128");
  return lies_in(address, unspecified);
}

bool is_dhcpv6_servers(const nft::Address& address) {
  static const auto servers = block("ff02::1:2/128");
  return lies_in(address, servers);
}

bool is_multicast(const nft::Address& address) {
  static const auto v4 = block("224.0.0.0/4");
  static const auto v6 = block("ff00::/8");
  return lies_in(address, v4) || lies_in(address, v6);
}

bool from_bridge(const Packet& packet, const Viewpoint& viewpoint) {
  return packet.in == viewpoint.bridge;
}

// Between two pods of this node, or from a pod to the node: where R13 holds.
bool stays_on_node(const Packet& packet, const Viewpoint& viewpoint) {
  return from_bridge(packet, viewpoint) && (packet.hook == Hook::input || packet.out == viewpoint.bridge);
}

bool is_icmpv6(const Packet& packet) {
  return packet.source.family == Family::v6 && packet.protocol == icmpv6;
}

// A router's advertisement or redirect: a pod is no router, and would become its neighbours'.
bool is_routers(const Packet& packet) {
  return is_icmpv6(packet) && (packet.icmpv6_type == 134 || packet.icmpv6_type == 137);
}

// R5. A packet that was routed never has these hop limits.
bool is_discovery(const Packet& packet) {
  if (!is_icmpv6(packet)) return false;
  const auto type = packet.icmpv6_type;
  if (type >= 133 && type <= 137) return packet.hop_limit == 255;
  if ((type >= 130 && type <= 132) || type == 143) {
    return packet.hop_limit == 1 && (is_link_local_v6(packet.source) || is_unspecified_v6(packet.source));
  }
  return false;
}

bool asks_for_lease(const Packet& packet) {
  if (packet.protocol != udp) return false;
  if (packet.port == 547) return is_dhcpv6_servers(packet.destination);
  return packet.port == 67 && packet.destination_type == MatchFibType::broadcast;
}

bool has_link_scope(const Packet& packet) {
  if (packet.destination_type == MatchFibType::broadcast || is_multicast(packet.destination)) return true;
  if (is_link_local_v6(packet.source) || is_link_local_v6(packet.destination)) return true;
  if (is_link_local_v4(packet.source)) return true;
  // The node's own may be a service of the node, such as NodeLocal DNSCache: policy decides.
  return is_link_local_v4(packet.destination) && packet.destination_type != MatchFibType::local;
}

// R14: what leaves for a node, this one or another. What the node passes on is a pod's for all that can be told.
bool encapsulates(const Packet& packet, const Viewpoint& viewpoint) {
  const bool to_a_node = packet.hook == Hook::input || packet.out != viewpoint.bridge;
  const bool from_a_pod = from_bridge(packet, viewpoint) || packet.hook == Hook::output;
  return from_a_pod && to_a_node && packet.protocol == udp && viewpoint.vxlan_port != 0 &&
         packet.port == viewpoint.vxlan_port;
}

// Neither a pod's to its node, nor anybody's between others: R2.
bool is_not_ours(const Packet& packet, const Viewpoint& viewpoint) {
  if (packet.hook == Hook::input) return !from_bridge(packet, viewpoint);
  return packet.hook == Hook::output && (!viewpoint.ipvs || packet.source_type == MatchFibType::local);
}

// At output the node's own are known by their source alone, which IPVS leaves as it was.
bool borrows(const Packet& packet, const Viewpoint& viewpoint) {
  return viewpoint.ipvs && packet.hook == Hook::input && packet.source_type == MatchFibType::local;
}

}  // namespace

std::optional<Kind> settled(const Packet& packet, const Viewpoint& viewpoint, bool any_isolated) {
  const bool guarded = any_isolated && stays_on_node(packet, viewpoint);
  if (is_not_ours(packet, viewpoint)) return Kind::not_ours;
  if ((packet.state & (MatchCtState::established | MatchCtState::related)) != 0) return Kind::reply;
  if (guarded && is_routers(packet)) return Kind::router;
  if (is_discovery(packet)) return Kind::discovery;
  if (guarded && asks_for_lease(packet)) return Kind::lease;
  if (guarded && has_link_scope(packet)) return Kind::link_scope;
  if (encapsulates(packet, viewpoint)) return Kind::encapsulation;
  if (borrows(packet, viewpoint)) return Kind::borrowed;
  return std::nullopt;
}

std::vector<nft::Interval> addresses_with_rules() {
  return {block("169.254.0.0/16"), block("fe80::/10"),   block("::/128"),
          block("ff02::1:2/128"),  block("224.0.0.0/4"), block("ff00::/8")};
}

}  // namespace selvedge::meaning
