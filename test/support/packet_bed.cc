// Rounds of packets that cannot take one for a reply to another, each begun with an empty conntrack
// table; in chunks, each ended by a frame of a type that no IP hook sees.
#include "test/support/packet_bed.h"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>

#include "test/support/conntrack_entries.h"
#include "test/support/packet_bed_routes.h"
#include "test/support/packet_bed_wiring.h"
#include "test/support/packet_log.h"

namespace selvedge::test {
namespace {

using nft::Packet;
using State = nft::MatchCtState;
using Type = nft::MatchFibType;

constexpr std::uint16_t log_group = 7;          // as in the bed's own table
constexpr std::uint16_t end_of_chunk = 0x88b5;  // local experimental (IEEE 802)
constexpr std::size_t chunk_size = 128;         // well below net.core.netdev_max_backlog, flooded ones counted
constexpr std::size_t round_size = 8192;

// This thread stays on the processor that it is on.
class Pinned {
 public:
  Pinned() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &here);
    sched_setaffinity(0, sizeof here, &here);
  }
  ~Pinned() { sched_setaffinity(0, sizeof before_, &before_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_{};
};

// Conntrack knows such a connection by its addresses and protocol alone.
bool is_portless(const Packet& packet) {
  return !has_ports(packet) && !is_echo(packet) && !is_icmp_error(packet);
}

// Indices of packets, each in one round.
std::vector<std::vector<std::size_t>> rounds_of(const std::vector<Packet>& packets) {
  std::map<std::tuple<nft::Address, nft::Address, std::uint8_t>, std::size_t> seen;
  std::vector<std::vector<std::size_t>> rounds;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto [low, high] = std::minmax(packets[i].source, packets[i].destination);
    std::size_t round = i / round_size;
    if (is_portless(packets[i])) round = std::max(round, seen[{low, high, packets[i].protocol}]);
    if (is_portless(packets[i])) seen[{low, high, packets[i].protocol}] = round + 1;
    if (rounds.size() <= round) rounds.resize(round + 1);
    rounds[round].push_back(i);
  }
  return rounds;
}

struct Probe {
  std::size_t index = 0;  // in what was asked
  const Packet* packet = nullptr;
  Wire wire;
  int interface = -1;  // to send from
};

bool is_reply(const Packet& packet, std::size_t index) {
  if (is(packet, Protocol::icmpv6)) return packet.icmpv6_type == icmpv6_echo_reply;
  return index % 2 == 1;
}

// What conntrack must know for the packet to be in its state, if anything.
std::optional<Connection> connection_of(const Probe& probe) {
  const Packet& packet = *probe.packet;
  if (packet.state != State::established && packet.state != State::related) return std::nullopt;
  const bool ports = has_ports(packet);
  Connection connection{
      .source = packet.source,
      .destination = packet.destination,
      .protocol = packet.protocol,
      .source_port = ports || is_echo(packet) ? probe.wire.source_port : std::uint16_t{0},
      .destination_port = ports ? packet.port : std::uint16_t{0},
      .state = packet.state == State::related ? Connection::State::expected : Connection::State::answered};
  if (is_icmp_error(packet)) {
    connection.protocol = static_cast<std::uint8_t>(Protocol::udp);
    connection.source_port = connection.destination_port = probe.wire.source_port;
    connection.state = Connection::State::unanswered;
  }
  const bool reversed = is_icmp_error(packet) || (packet.state == State::established && probe.wire.reply);
  if (reversed) std::swap(connection.source, connection.destination);
  if (reversed && ports) std::swap(connection.source_port, connection.destination_port);
  return connection;
}

Mac group_mac(const nft::Address& address, std::uint32_t type) {
  const auto& b = address.bytes;
  if (type == Type::broadcast) return {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  if (address.family == nft::Family::v6) return {0x33, 0x33, b[12], b[13], b[14], b[15]};
  return {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7f), b[2], b[3]};
}

Bytes end_frame(const Wiring& wiring, std::uint32_t number) {
  Bytes frame;
  for (const Mac& mac : {wiring.cables()[1].far, wiring.cables()[0].far})
    frame.insert(frame.end(), mac.begin(), mac.end());
  for (const auto byte : {end_of_chunk >> 8, end_of_chunk & 0xff}) frame.push_back(static_cast<std::uint8_t>(byte));
  for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<std::uint8_t>(number >> shift & 0xff));
  frame.resize(60);
  return frame;
}

}  // namespace

class PacketBed::Impl {
 public:
  explicit Impl(std::vector<Leg> legs) : routes_(std::move(legs)), wiring_(routes_.legs()), log_(log_group) {}

  const BedRoutes& routes() const { return routes_; }

  std::vector<bool> arrivals(const std::vector<Packet>& packets) {
    for (const Packet& packet : packets)
      if (!routes_.carries(packet)) throw std::invalid_argument("packet bed cannot carry " + to_string(packet));
    const Pinned pinned;
    arrived_.assign(packets.size(), false);
    for (auto round : rounds_of(packets)) {
      run(prepare(packets, round));
      // Once in many thousands a packet is lost on the way, by no rule: nothing counts as dropped but what is lost
      // twice.
      std::erase_if(round, [this](std::size_t index) { return arrived_[index]; });
      if (!round.empty()) run(prepare(packets, round));
    }
    return std::move(arrived_);
  }

 private:
  std::vector<Probe> prepare(const std::vector<Packet>& packets, const std::vector<std::size_t>& round) {
    std::set<std::uint16_t> taken;  // as a destination port: no packet shall look like the reply to another
    for (const std::size_t index : round) taken.insert(packets[index].port);
    std::vector<Probe> probes;
    std::uint16_t port = 20000;
    for (const std::size_t index : round) {
      while (taken.contains(++port)) continue;
      probes.push_back(probe(packets[index], index, port));
    }
    return probes;
  }

  Probe probe(const Packet& packet, std::size_t index, std::uint16_t source_port) {
    const std::size_t in = *routes_.leg_named(packet.in);
    const Cable& from = wiring_.first_of(in);
    const bool bridged = routes_.is_bridged(packet);
    const bool group = packet.destination_type == Type::broadcast || packet.destination_type == Type::multicast;
    Wire wire{.from = from.far,
              .to = bridged ? wiring_.cables()[1].far : from.node,
              .routed = packet.hook == nft::Hook::forward && !bridged,
              .options = index % 3 == 2,
              .fragments = index % 6 == 1,
              .reply = is_reply(packet, index),
              .source_port = source_port,
              .marker = next_marker_++};
    if (group) wire.to = group_mac(packet.destination, packet.destination_type);
    return {index, &packet, wire, from.interface};
  }

  void run(const std::vector<Probe>& probes) {
    entries_.flush();
    std::vector<Connection> connections;
    for (const Probe& probe : probes)
      if (const auto connection = connection_of(probe)) connections.push_back(*connection);
    if (!connections.empty()) entries_.add(connections);
    for (std::size_t from = 0; from < probes.size(); from += chunk_size) {
      const std::size_t size = std::min(chunk_size, probes.size() - from);
      run_chunk(std::span(probes).subspan(from, size));
    }
  }

  void run_chunk(std::span<const Probe> probes) {
    constexpr int tries = 3;
    std::vector<Wiring::Outgoing> frames;
    for (const Probe& probe : probes)
      for (Bytes& frame : frames_of(*probe.packet, probe.wire)) frames.push_back({probe.interface, std::move(frame)});
    for (int left = tries; left > 0; --left) {
      frames.push_back({wiring_.cables()[0].interface, end_frame(wiring_, ++chunk_)});
      wiring_.send(frames);
      if (collect(probes)) return;
      frames.pop_back();
    }
    throw std::runtime_error("packet bed: frames are lost that no rule can see");
  }

  // Until the end of the chunk has come; false if it does not.
  bool collect(std::span<const Probe> probes) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (bool ended = false; !ended;) {
      pollfd waiting{.fd = wiring_.socket(), .events = POLLIN, .revents = 0};
      poll(&waiting, 1, 100);
      for (const Wiring::Incoming& incoming : wiring_.receive()) {
        if (ethertype_of(incoming.frame) == end_of_chunk)
          ended = ended || is_end(incoming.frame);
        else
          note_forwarded(incoming, probes);
      }
      if (!ended && std::chrono::steady_clock::now() > deadline) return false;
    }
    for (const Bytes& packet : log_.receive()) note(arrival_of(packet), probes, nft::Hook::input, std::nullopt);
    return true;
  }

  bool is_end(const Bytes& frame) const {
    const Bytes wanted = end_frame(wiring_, chunk_);
    return std::equal(wanted.begin(), wanted.begin() + ethernet_size + 4, frame.begin());
  }

  void note_forwarded(const Wiring::Incoming& incoming, std::span<const Probe> probes) {
    const auto cable = std::find_if(wiring_.cables().begin(), wiring_.cables().end(),
                                    [&](const Cable& c) { return c.interface == incoming.interface; });
    if (cable == wiring_.cables().end() || incoming.frame.size() < ethernet_size) return;
    note(arrival_of(std::span(incoming.frame).subspan(ethernet_size)), probes, nft::Hook::forward, cable->leg);
  }

  void note(const std::optional<Arrival>& arrival, std::span<const Probe> probes, nft::Hook hook,
            std::optional<std::size_t> leg) {
    if (!arrival || arrival->marker - probes.front().wire.marker >= probes.size()) return;
    const Probe& probe = probes[arrival->marker - probes.front().wire.marker];
    const Packet& packet = *probe.packet;
    if (packet.hook != hook || packet.source != arrival->source || packet.destination != arrival->destination) return;
    if (leg && routes_.legs()[*leg].name != packet.out) return;
    arrived_[probe.index] = true;
  }

  BedRoutes routes_;
  Wiring wiring_;
  PacketLog log_;
  ConntrackEntries entries_;
  std::uint32_t next_marker_ = 1;
  std::uint32_t chunk_ = 0;
  std::vector<bool> arrived_;
};

PacketBed::PacketBed(std::vector<Leg> legs) : impl_(std::make_unique<Impl>(std::move(legs))) {}
PacketBed::~PacketBed() = default;

std::vector<bool> PacketBed::arrivals(const std::vector<Packet>& packets) {
  return impl_->arrivals(packets);
}
std::vector<std::string> PacketBed::interfaces() const {
  std::vector<std::string> names;
  for (const Leg& leg : impl_->routes().legs()) names.push_back(leg.name);
  return names;
}
bool PacketBed::carries(const Packet& packet) const {
  return impl_->routes().carries(packet);
}
std::optional<Packet> PacketBed::placed(Packet packet) const {
  return impl_->routes().placed(std::move(packet));
}
std::uint32_t PacketBed::type_of(const nft::Address& address, nft::Hook hook) const {
  return impl_->routes().type_of(address, hook);
}

}  // namespace selvedge::test
