// The kernel's routing tables told in a few lines, from the configuration alone: that `fib … type` in the
// kernel says the same is part of what the tests find out.
#include "test/support/packet_bed_routes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

#include "test/support/packet_frame.h"

namespace selvedge::test {
namespace {

using nft::Address;
using nft::Family;
using nft::Packet;
using nft::Prefix;
using State = nft::MatchCtState;
using Type = nft::MatchFibType;

constexpr std::uint32_t unreachable = 7;  // RTN_UNREACHABLE

Prefix prefix(const std::string& text) {
  const auto parsed = nft::parse_prefix(text);
  if (!parsed) throw std::invalid_argument("not a prefix: " + text);
  return *parsed;
}
Address address(const std::string& text) {
  const auto parsed = nft::parse_address(text.substr(0, text.find('/')));
  if (!parsed) throw std::invalid_argument("not an address: " + text);
  return *parsed;
}

bool is_link_local(const Address& a) {  // of IPv6
  return a.family == Family::v6 && a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0) == 0x80;
}

bool is_loopback(const Address& a) {
  static const Address v6 = address("::1");
  return a.family == Family::v4 ? a.bytes[0] == 127 : a == v6;
}

bool is_multicast(const Address& a) {
  return a.family == Family::v4 ? a.bytes[0] >> 4 == 14 : a.bytes[0] == 0xff;
}

bool is_for_everyone(const Address& a) {
  static const std::array all{address("0.0.0.0"), address("255.255.255.255"), address("127.255.255.255")};
  return std::find(all.begin(), all.end(), a) != all.end();
}

// In IPv6 the stack walks over some headers in search of the last one; DCCP and UDP-Lite some kernels
// track and others (from 6.16) do not.
bool is_beyond_us(const Packet& packet) {
  constexpr std::array<std::uint8_t, 8> headers{33, 136, 0, 43, 44, 51, 59, 60};
  const auto end = is_v6(packet) ? headers.end() : headers.begin() + 2;
  return std::find(headers.begin(), end, packet.protocol) != end;
}

// States that conntrack can be brought to find such a packet in.
std::uint32_t possible_states(const Packet& packet) {
  const std::uint32_t untracked = State::untracked;
  const std::uint32_t first = first_state(packet);
  if (first == State::untracked) return untracked;
  if (has_ports(packet)) return State::fresh | State::established | State::related | State::invalid | untracked;
  if (is(packet, Protocol::icmp) && !is_v6(packet))
    return State::fresh | State::established | State::related | State::invalid | untracked;
  if (is(packet, Protocol::icmpv6) && is_v6(packet)) {
    if (packet.icmpv6_type == icmpv6_echo) return State::fresh | State::established | State::related | untracked;
    if (packet.icmpv6_type == icmpv6_echo_reply) return State::established | State::invalid | untracked;
    const bool error = packet.icmpv6_type >= 1 && packet.icmpv6_type <= 4;
    return first | untracked | (error ? State::related : 0);
  }
  if (first == State::invalid) return State::invalid | untracked;  // ICMP of the other family
  // Known by addresses alone, what an address sends to itself looks like its own answer.
  const std::uint32_t related = packet.source == packet.destination ? 0 : State::related;
  return State::fresh | State::established | related | untracked;
}

}  // namespace

// nf_conntrack_proto_icmpv6.c: neighbour discovery (but for redirects), listener reports and the discovery of
// multicast routers are not tracked; of other messages only queries begin anything.
std::uint32_t first_state(const Packet& packet) {
  if (is(packet, Protocol::icmp)) return is_v6(packet) ? State::invalid : State::fresh;
  if (!is(packet, Protocol::icmpv6)) return State::fresh;
  if (!is_v6(packet)) return State::invalid;
  constexpr std::uint8_t information_query = 139, listener_report = 143, router_found = 151, router_sought = 152;
  const std::uint8_t type = packet.icmpv6_type;
  if ((type >= 130 && type <= 136) || type == listener_report) return State::untracked;
  if (type == router_found || type == router_sought) return State::untracked;
  return type == icmpv6_echo || type == information_query ? State::fresh : State::invalid;
}

BedRoutes::BedRoutes(std::vector<Leg> legs) : legs_(std::move(legs)) {
  for (std::size_t leg = 0; leg < legs_.size(); ++leg) {
    for (const std::string& text : legs_[leg].addresses)
      own_.push_back({address(text), nft::interval_of(prefix(text))});
    for (const std::string& text : legs_[leg].networks) routes_.push_back({prefix(text), leg});
  }
  std::stable_sort(routes_.begin(), routes_.end(),
                   [](const Route& a, const Route& b) { return a.to.bits > b.to.bits; });
}

// Since Linux 5.14 the first address of an IPv4 network is no broadcast; in IPv6 it is the routers' anycast address.
// inet_addr_type() takes 0.0.0.0 for a broadcast, and since 5.3 no other of 0.0.0.0/8; :: is of no type at all. A
// link-local address is looked up on the packet's interface: between bridge ports that is a port, which has none; all
// other interfaces of the bed have the same.
std::uint32_t BedRoutes::type_of(const Address& address, nft::Hook hook) const {
  const bool v4 = address.family == Family::v4;
  if (address == Address{Family::v6, {}}) return 0;
  if (is_for_everyone(address)) return Type::broadcast;
  if (is_multicast(address)) return Type::multicast;
  if (is_loopback(address)) return Type::local;
  for (const Own& own : own_) {
    const bool seen = hook == nft::Hook::input || !is_link_local(address);
    if (own.address == address && seen) return Type::local;
    if (v4 && own.network.last == address) return Type::broadcast;
    if (!v4 && own.network.first == address) return Type::anycast;
  }
  if (v4 || is_link_local(address) || leg_to(address)) return Type::unicast;
  return unreachable;
}

std::optional<std::size_t> BedRoutes::leg_to(const Address& address) const {
  const auto route =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return nft::contains(r.to, address); });
  if (route == routes_.end()) return std::nullopt;
  return route->leg;
}

std::optional<std::size_t> BedRoutes::leg_named(const std::string& name) const {
  const auto leg = std::find_if(legs_.begin(), legs_.end(), [&](const Leg& l) { return l.name == name; });
  if (leg == legs_.end()) return std::nullopt;
  return static_cast<std::size_t>(leg - legs_.begin());
}

bool BedRoutes::is_bridged(const Packet& packet) const {
  return packet.hook == nft::Hook::forward && packet.in == legs_[0].name && packet.out == legs_[0].name;
}

bool BedRoutes::is_routed(const Packet& packet) const {
  const auto leg = leg_to(packet.destination);
  if (packet.hook != nft::Hook::forward || !leg || legs_[*leg].name != packet.out ||
      packet.destination_type != Type::unicast)
    return false;
  if (packet.source_type != Type::unicast && packet.source_type != unreachable) return false;
  if (!is_v6(packet)) return true;
  const bool scoped =
      is_link_local(packet.source) || is_link_local(packet.destination) || packet.source == Address{Family::v6, {}};
  return !scoped && packet.hop_limit > 0 && packet.hop_limit < 255;
}

bool BedRoutes::reaches_the_node(const Packet& packet) const {
  if (!packet.out.empty() || is_loopback(packet.destination)) return false;
  return packet.destination_type != Type::unicast && packet.destination_type != unreachable;
}

bool BedRoutes::carries(const Packet& packet) const {
  if (packet.source.family != packet.destination.family || !leg_named(packet.in)) return false;
  if (!std::has_single_bit(packet.state) || (possible_states(packet) & packet.state) == 0) return false;
  if (is_beyond_us(packet)) return false;
  if (!(packet.hook == nft::Hook::input ? reaches_the_node(packet) : is_bridged(packet) || is_routed(packet)))
    return false;
  return packet.source_type == type_of(packet.source, packet.hook) &&
         packet.destination_type == type_of(packet.destination, packet.hook);
}

std::optional<Packet> BedRoutes::placed(Packet packet) const {
  const auto from = leg_to(packet.source), to = leg_to(packet.destination);
  packet.hook = type_of(packet.destination, nft::Hook::input) == Type::local ? nft::Hook::input : nft::Hook::forward;
  packet.source_type = type_of(packet.source, packet.hook);
  packet.destination_type = type_of(packet.destination, packet.hook);
  packet.state = first_state(packet);
  if (packet.source_type == Type::local || !from) return std::nullopt;
  packet.in = legs_[*from].name;
  packet.out = packet.hook == nft::Hook::forward && to ? legs_[*to].name : "";
  if (!carries(packet)) return std::nullopt;
  return packet;
}

std::vector<Leg> usual_legs() {
  return {
      {.name = "cni0",
       .addresses = {"10.244.1.1/24", "fd00:244:0:1::1/64", "fe80::1/64"},
       .networks = {"10.244.1.0/24", "fd00:244:0:1::/64"}},
      {.name = "eth0",
       .addresses = {"198.51.100.11/24", "2001:db8:100::11/64", "fe80::1/64"},
       .networks = {"0.0.0.0/0", "::/0"}},
  };
}

}  // namespace selvedge::test
