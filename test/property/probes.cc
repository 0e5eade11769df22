#include "test/property/probes.h"

#include <functional>
#include <string>

namespace selvedge::test {
namespace {

using nft::Address;
using nft::Family;
using nft::Packet;
using State = nft::MatchCtState;
using Type = nft::MatchFibType;

constexpr std::uint8_t tcp = 6, udp = 17, sctp = 132, icmp = 1, icmpv6 = 58, gre = 47;

// Places that no object names.
const std::vector<const char*> fixed_addresses{
    "203.0.113.7",     "198.51.100.1", "0.0.0.0",   "255.255.255.255", "10.244.1.255", "169.254.20.10", "169.254.0.0",
    "169.253.255.255", "170.0.0.0",    "224.0.0.1", "192.168.0.1",     "10.244.1.1",   "2001:db8::7",   "fe80::1",
    "fe7f:ffff::1",    "fec0::1",      "::",        "ff02::1",         "ff02::1:2",    "::1",           "ffff::1"};

std::size_t index_of(Family family) {
  return family == Family::v4 ? 0 : 1;
}

// One up or down, within the family; at the end of the address space round it.
Address moved(Address address, int step) {
  for (std::size_t i = nft::width(address.family); i-- > 0;) {
    const int byte = address.bytes.at(i) + step;
    address.bytes.at(i) = static_cast<std::uint8_t>(byte & 0xff);
    if (byte >= 0 && byte <= 0xff) break;
  }
  return address;
}

}  // namespace

Probes::Probes(std::uint64_t seed, const std::vector<World>& worlds) : dice_(seed) {
  for (const char* text : fixed_addresses) {
    const Address address = nft::parse_address(text).value();
    others_[index_of(address.family)].push_back(address);
  }
  ports_ = {0, 53, 67, 80, 547, 8472, 65535};
  for (const World& world : worlds) {
    for (const k8s::Pod& pod : world.pods) add_pod(pod, !world.node || pod.node == *world.node);
    for (const k8s::Node& node : world.nodes)
      for (const std::string& range : node.pod_cidrs) add_block(range);
    for (const k8s::NetworkPolicy& policy : world.policies) {
      for (const k8s::PolicyRule& rule : policy.ingress) add_rule(rule);
      for (const k8s::PolicyRule& rule : policy.egress) add_rule(rule);
    }
    add_port(world.vxlan_port);
    if (world.ipvs) others_than_forward_.push_back(nft::Hook::output);
  }
}

void Probes::add_pod(const k8s::Pod& pod, bool local) {
  for (const std::string& text : pod.addresses) {
    const auto address = nft::parse_address(text);
    if (address)
      pods_[index_of(address->family)].insert(pods_[index_of(address->family)].end(), local ? 4 : 1, *address);
  }
  for (const k8s::ContainerPort& port : pod.ports) add_port(port.number);
}

void Probes::add_rule(const k8s::PolicyRule& rule) {
  for (const k8s::Peer& peer : rule.peers) {
    if (!peer.ip_block) continue;
    add_block(peer.ip_block->cidr);
    for (const std::string& except : peer.ip_block->except) add_block(except);
  }
  for (const k8s::PolicyPort& port : rule.ports) {
    if (const auto* number = std::get_if<std::int64_t>(&port.port)) add_port(*number);
    if (port.end_port) add_port(*port.end_port);
  }
}

void Probes::add_block(const std::string& cidr) {
  const auto prefix = nft::parse_prefix(cidr);
  if (!prefix) return;
  const auto [first, last] = nft::interval_of(*prefix);
  auto& others = others_[index_of(first.family)];
  others.insert(others.end(), {first, moved(first, -1), last, moved(last, 1)});
}

// Whatever the number: what 16 bits leave of it may be matched by mistake.
void Probes::add_port(std::int64_t number) {
  for (const std::int64_t near : {number, number, number - 1, number + 1}) {
    ports_.push_back(static_cast<std::uint16_t>(near & 0xffff));
  }
}

const Address& Probes::address(Family family, int pods_in_a_hundred) {
  const auto& pods = pods_[index_of(family)];
  return !pods.empty() && dice_.chance(pods_in_a_hundred) ? dice_.pick(pods) : dice_.pick(others_[index_of(family)]);
}

void Probes::place(Packet& packet) {
  static const std::vector<std::string> interfaces{"cni0", "cni0", "eth0", "flannel.1"};
  packet.hook = dice_.chance(77) ? nft::Hook::forward : dice_.pick(others_than_forward_);
  packet.in = packet.hook == nft::Hook::output ? "" : dice_.pick(interfaces);
  packet.out = packet.hook == nft::Hook::input ? "" : dice_.pick(interfaces);
}

void Probes::vary(Packet& packet) {
  static const std::vector<std::uint32_t> states{State::fresh, State::invalid, State::established, State::related,
                                                 State::untracked};
  static const std::vector<std::uint32_t> types{Type::unicast, Type::local, Type::broadcast, Type::anycast,
                                                Type::multicast};
  static const std::vector<std::uint8_t> limits{255, 1, 64, 0};
  static const std::vector<std::uint8_t> icmpv6_types{1,   2,   128, 129, 130, 132, 133, 134,
                                                      135, 136, 137, 138, 142, 143, 144};
  static const std::vector<std::uint8_t> protocols{tcp, udp, sctp, icmp, icmpv6, gre, 0, 255};
  if (dice_.chance(50)) packet.state = dice_.pick(states);
  if (dice_.chance(50)) packet.destination_type = dice_.pick(types);
  if (dice_.chance(20)) packet.source_type = dice_.pick(types);
  if (dice_.chance(50)) packet.hop_limit = dice_.pick(limits);
  if (dice_.chance(60)) packet.protocol = dice_.pick(protocols);
  if (packet.protocol == icmpv6) packet.icmpv6_type = dice_.pick(icmpv6_types);
}

Packet Probes::next() {
  static const std::vector<std::uint8_t> protocols{tcp, tcp, udp, sctp, icmp};
  Packet packet;
  const Family family = dice_.chance(65) ? Family::v4 : Family::v6;
  packet.source = address(family, 95);
  packet.destination = address(family, 45);
  if (dice_.chance(50)) std::swap(packet.source, packet.destination);
  packet.protocol = dice_.pick(protocols);
  packet.port = dice_.pick(ports_);
  place(packet);
  if (dice_.chance(35)) vary(packet);
  return packet;
}

std::vector<Packet> probes(std::uint64_t seed, const std::vector<World>& worlds, int count) {
  Probes source(seed, worlds);
  std::vector<Packet> packets;
  while (count-- > 0) packets.push_back(source.next());
  return packets;
}

Packet plainest(Packet packet, const std::function<bool(const Packet&)>& fails) {
  const auto try_with = [&](auto member, auto plain) {
    Packet candidate = packet;
    candidate.*member = plain;
    if (fails(candidate)) packet = candidate;
  };
  try_with(&Packet::state, std::uint32_t{State::fresh});
  try_with(&Packet::source_type, std::uint32_t{Type::unicast});
  try_with(&Packet::destination_type, std::uint32_t{Type::unicast});
  try_with(&Packet::hop_limit, std::uint8_t{64});
  try_with(&Packet::protocol, tcp);
  try_with(&Packet::icmpv6_type, std::uint8_t{0});
  try_with(&Packet::port, std::uint16_t{80});
  if (packet.hook == nft::Hook::forward) {
    try_with(&Packet::in, std::string("eth0"));
    try_with(&Packet::out, std::string("eth0"));
  }
  return packet;
}

}  // namespace selvedge::test
