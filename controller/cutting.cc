#include "controller/cutting.h"

#include <algorithm>

namespace selvedge {
namespace {

using nft::Address;
using nft::Connection;
using nft::Hook;
using nft::Packet;

constexpr std::uint8_t icmp = 1, icmpv6 = 58;

bool is_own(const Address& address, const Neighbourhood& neighbourhood) {
  static const nft::Prefix loopback = *nft::parse_prefix("127.0.0.0/8");
  return nft::contains(neighbourhood.own, address) || nft::contains(loopback, address);
}

// Which way it took is not to be seen from it.
bool has_no_single_way(const Address& address, const Neighbourhood& neighbourhood) {
  static const std::vector<nft::Prefix> ranges = {
      *nft::parse_prefix("0.0.0.0/8"), *nft::parse_prefix("169.254.0.0/16"), *nft::parse_prefix("224.0.0.0/3"),
      *nft::parse_prefix("::/128"),    *nft::parse_prefix("fe80::/10"),      *nft::parse_prefix("ff00::/8")};
  return nft::contains(neighbourhood.shared, address) ||
         std::ranges::any_of(ranges, [&](const nft::Prefix& range) { return nft::contains(range, address); });
}

bool hangs_on_bridge(const Address& address, const Neighbourhood& neighbourhood) {
  return neighbourhood.pods.contains(address) ||
         std::ranges::any_of(neighbourhood.pod_ranges,
                             [&](const nft::Prefix& range) { return nft::contains(range, address); });
}

std::string interface_to(const Address& address, const Neighbourhood& neighbourhood) {
  return hangs_on_bridge(address, neighbourhood) ? neighbourhood.bridge : "";
}

}  // namespace

bool concerns_pods(const Connection& connection, const Neighbourhood& neighbourhood) {
  return hangs_on_bridge(connection.original.source, neighbourhood) ||
         hangs_on_bridge(connection.reply.source, neighbourhood);
}

std::optional<Packet> first_packet(const Connection& connection, const Neighbourhood& neighbourhood) {
  const Address& from = connection.original.source;
  const Address& to = connection.reply.source;
  if (connection.zone != 0 || (connection.status & Connection::expected) != 0) return std::nullopt;
  if (is_own(from, neighbourhood)) return std::nullopt;
  const bool to_node = is_own(to, neighbourhood);
  if (has_no_single_way(from, neighbourhood)) return std::nullopt;
  if (!to_node && has_no_single_way(to, neighbourhood)) return std::nullopt;
  if (to_node && (!neighbourhood.bridge_exists || !hangs_on_bridge(from, neighbourhood))) return std::nullopt;
  Packet packet{.hook = to_node ? Hook::input : Hook::forward,
                .in = interface_to(from, neighbourhood),
                .out = to_node ? "" : interface_to(to, neighbourhood),
                .source = from,
                .destination = to,
                .protocol = connection.original.protocol};
  if (packet.protocol != icmp && packet.protocol != icmpv6) packet.port = connection.reply.source_port;
  if (packet.protocol == icmpv6) packet.icmpv6_type = connection.original.icmp_type;
  if (to_node) packet.destination_type = nft::MatchFibType::local;
  return packet;
}

bool is_forbidden(const Connection& connection, const Neighbourhood& neighbourhood, const nft::Simulation& rules) {
  const auto packet = first_packet(connection, neighbourhood);
  return packet && !rules.accepts(*packet);
}

}  // namespace selvedge
