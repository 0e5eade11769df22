// Header by header, each one function that appends its bytes.
#include "test/support/packet_frame.h"

#include <algorithm>

namespace selvedge::test {
namespace {

using nft::Address;
using nft::Family;
using nft::Packet;
using State = nft::MatchCtState;

constexpr std::array<std::uint8_t, 4> magic{0x5e, 0x1f, 0xed, 0x9e};
constexpr std::size_t marker_size = 8;

void put8(Bytes& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value));
}
void put16(Bytes& bytes, unsigned value) {
  put8(bytes, value >> 8 & 0xff);
  put8(bytes, value & 0xff);
}
void put32(Bytes& bytes, std::uint32_t value) {
  put16(bytes, value >> 16);
  put16(bytes, value & 0xffff);
}
void zeros(Bytes& bytes, std::size_t count) {
  bytes.insert(bytes.end(), count, 0);
}
template <typename Range>
void append(Bytes& bytes, const Range& more) {
  bytes.insert(bytes.end(), std::begin(more), std::end(more));
}
void append(Bytes& bytes, const Address& address) {
  bytes.insert(bytes.end(), address.bytes.begin(), address.bytes.begin() + nft::width(address.family));
}

std::uint32_t get32(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 |
         std::uint32_t{bytes[at + 3]};
}

// DSCP 1: the bed's `notrack` goes by it.
unsigned traffic_class(const Packet& packet) {
  return packet.state == State::untracked ? 4 : 0;
}

bool tracked_earlier(const Packet& packet) {
  return (packet.state & (State::established | State::related)) != 0;
}

// ---- transport headers

void put_tcp(Bytes& bytes, const Packet& packet, const Wire& wire) {
  constexpr unsigned syn = 0x02, ack = 0x10, none = 0;
  put16(bytes, wire.source_port);
  put16(bytes, packet.port);
  put32(bytes, 1000);                                // sequence number
  put32(bytes, tracked_earlier(packet) ? 2000 : 0);  // acknowledged
  put8(bytes, 5U << 4);                              // five words of header
  put8(bytes, packet.state == State::invalid ? none : is_midstream(packet) ? ack : syn);
  put16(bytes, 65535);  // window
  put32(bytes, 0);      // checksum, urgent pointer
}

// A UDP packet that says it is shorter than its header is invalid.
void put_udp(Bytes& bytes, const Packet& packet, const Wire& wire) {
  put16(bytes, wire.source_port);
  put16(bytes, packet.port);
  put16(bytes, packet.state == State::invalid ? 4 : 8 + marker_size);
  put16(bytes, 0);
}

// The chunk takes in the marker: conntrack reads one chunk after the other. An INIT has tag 0, or is invalid.
void put_sctp(Bytes& bytes, const Packet& packet, const Wire& wire) {
  constexpr unsigned data = 0, init = 1, fixed = 20;
  const bool open = tracked_earlier(packet);
  put16(bytes, wire.source_port);
  put16(bytes, packet.port);
  put32(bytes, open || packet.state == State::invalid ? sctp_tag : 0);
  put32(bytes, 0);  // checksum
  put8(bytes, open ? data : init);
  put8(bytes, 0);
  put16(bytes, fixed + marker_size);
  put32(bytes, sctp_tag);
  zeros(bytes, fixed - 8);
}

// What the error is about: a UDP packet that the destination had sent to the source.
// A part of an IP payload; the whole of it, if it is not a fragment.
struct Piece {
  std::size_t offset = 0;
  std::size_t size = 0;
  bool more = false;
};
Bytes ip_header(const Packet& packet, const Wire& wire, const Piece& piece, unsigned hop_limit);
void put_quoted(Bytes& bytes, const Packet& packet, const Wire& wire) {
  Packet quoted = packet;
  std::swap(quoted.source, quoted.destination);
  quoted.protocol = static_cast<std::uint8_t>(Protocol::udp);
  quoted.state = State::fresh;
  append(bytes, ip_header(quoted, {}, {.offset = 0, .size = 8, .more = false}, 64));
  put16(bytes, wire.source_port);
  put16(bytes, wire.source_port);
  put32(bytes, 8U << 16);
}

unsigned icmp_type(const Packet& packet, const Wire& wire) {
  if (is_icmp_error(packet)) return icmp_unreachable;
  const bool reply = packet.state == State::invalid || (packet.state == State::established && wire.reply);
  return reply ? icmp_echo_reply : icmp_echo;
}

void put_icmp(Bytes& bytes, const Packet& packet, const Wire& wire) {
  put8(bytes, is_v6(packet) ? packet.icmpv6_type : icmp_type(packet, wire));
  put8(bytes, 0);
  put16(bytes, packet.port);
  put16(bytes, is_icmp_error(packet) ? 0 : wire.source_port);
  put16(bytes, 0);
  if (is_icmp_error(packet)) put_quoted(bytes, packet, wire);
}

void put_transport(Bytes& bytes, const Packet& packet, const Wire& wire) {
  if (is(packet, Protocol::icmp) || is(packet, Protocol::icmpv6)) return put_icmp(bytes, packet, wire);
  if (is(packet, Protocol::tcp)) return put_tcp(bytes, packet, wire);
  if (is(packet, Protocol::udp)) return put_udp(bytes, packet, wire);
  if (is(packet, Protocol::sctp)) return put_sctp(bytes, packet, wire);
  put16(bytes, 0);
  put16(bytes, packet.port);
  put32(bytes, 0);
}

// ---- IP

void put_header_checksum(Bytes& header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header.size(); i += 2) sum += std::uint32_t{header[i]} << 8 | header[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  header[10] = static_cast<std::uint8_t>(~sum >> 8 & 0xff);
  header[11] = static_cast<std::uint8_t>(~sum & 0xff);
}

// What stands between the headers: padding, as destination options or, by the marker, hop-by-hop ones; or where
// the fragment belongs.
void put_extension(Bytes& header, const Packet& packet, const Wire& wire, const Piece& piece) {
  constexpr unsigned pad_n = 1;
  if (wire.options) {
    for (const unsigned byte : {unsigned{packet.protocol}, 0U, pad_n, 4U}) put8(header, byte);
    put32(header, 0);
  } else if (wire.fragments) {
    put16(header, unsigned{packet.protocol} << 8);
    put16(header, static_cast<unsigned>(piece.offset) | (piece.more ? 1 : 0));
    put32(header, wire.marker);
  }
}

void put_v6(Bytes& header, const Packet& packet, const Wire& wire, const Piece& piece, unsigned hop_limit) {
  constexpr unsigned hop_by_hop = 0, fragment = 44, destination_options = 60;
  const unsigned options = wire.marker % 2 == 0 ? hop_by_hop : destination_options;
  const bool extended = wire.options || wire.fragments;
  put32(header, 6U << 28 | traffic_class(packet) << 20);
  put16(header, static_cast<unsigned>(piece.size + (extended ? 8 : 0)));
  put8(header, wire.options ? options : wire.fragments ? fragment : packet.protocol);
  put8(header, hop_limit);
  append(header, packet.source);
  append(header, packet.destination);
  put_extension(header, packet, wire, piece);
}

void put_v4(Bytes& header, const Packet& packet, const Wire& wire, const Piece& piece, unsigned hop_limit) {
  constexpr std::uint32_t no_operations = 0x01010101;
  constexpr unsigned more = 0x2000;
  const std::size_t words = wire.options ? 6 : 5;
  put8(header, 4U << 4 | static_cast<unsigned>(words));
  put8(header, traffic_class(packet));
  put16(header, static_cast<unsigned>(4 * words + piece.size));
  put16(header, wire.marker & 0xffff);
  put16(header, static_cast<unsigned>(piece.offset / 8) | (piece.more ? more : 0));
  put8(header, hop_limit);
  put8(header, packet.protocol);
  put16(header, 0);
  append(header, packet.source);
  append(header, packet.destination);
  if (wire.options) put32(header, no_operations);
  put_header_checksum(header);
}

Bytes ip_header(const Packet& packet, const Wire& wire, const Piece& piece, unsigned hop_limit) {
  Bytes header;
  (is_v6(packet) ? put_v6 : put_v4)(header, packet, wire, piece, hop_limit);
  return header;
}

// In IPv6 the first must have the whole transport header (RFC 8200 section 4.5); in IPv4 eight bytes will do.
std::vector<Piece> pieces_of(const Packet& packet, const Wire& wire, std::size_t payload) {
  if (!wire.fragments) return {{.offset = 0, .size = payload, .more = false}};
  const std::size_t first = !is_v6(packet) ? 8 : is(packet, Protocol::tcp) ? 24 : is(packet, Protocol::sctp) ? 16 : 8;
  return {{.offset = 0, .size = first, .more = true}, {.offset = first, .size = payload - first, .more = false}};
}

}  // namespace

bool is(const Packet& packet, Protocol protocol) {
  return packet.protocol == static_cast<std::uint8_t>(protocol);
}

bool is_midstream(const Packet& packet) {
  return is(packet, Protocol::tcp) && (packet.midstream || tracked_earlier(packet) || packet.state == State::invalid);
}

bool is_v6(const Packet& packet) {
  return packet.destination.family == Family::v6;
}

bool has_ports(const Packet& packet) {
  return is(packet, Protocol::tcp) || is(packet, Protocol::udp) || is(packet, Protocol::sctp);
}

bool is_echo(const Packet& packet) {
  if (!is_v6(packet)) return is(packet, Protocol::icmp) && !is_icmp_error(packet);
  return is(packet, Protocol::icmpv6) && (packet.icmpv6_type == icmpv6_echo || packet.icmpv6_type == icmpv6_echo_reply);
}

bool is_icmp_error(const Packet& packet) {
  if (packet.state != State::related) return false;
  if (!is_v6(packet)) return is(packet, Protocol::icmp);
  return is(packet, Protocol::icmpv6) && packet.icmpv6_type >= 1 && packet.icmpv6_type <= 4;
}

std::vector<Bytes> frames_of(const Packet& packet, const Wire& wire) {
  Bytes payload;
  put_transport(payload, packet, wire);
  append(payload, magic);
  put32(payload, wire.marker);

  const unsigned limit = (is_v6(packet) ? packet.hop_limit : 64U) + (wire.routed ? 1 : 0);
  std::vector<Bytes> frames;
  for (const Piece& piece : pieces_of(packet, wire, payload.size())) {
    Bytes& frame = frames.emplace_back();
    append(frame, wire.to);
    append(frame, wire.from);
    put16(frame, is_v6(packet) ? 0x86dd : 0x0800);
    append(frame, ip_header(packet, wire, piece, limit));
    append(frame, std::span(payload).subspan(piece.offset, piece.size));
  }
  return frames;
}

std::uint16_t ethertype_of(std::span<const std::uint8_t> frame) {
  if (frame.size() < ethernet_size) return 0;
  return static_cast<std::uint16_t>(frame[12] << 8 | frame[13]);
}

std::optional<Arrival> arrival_of(std::span<const std::uint8_t> packet) {
  if (packet.size() < 28) return std::nullopt;
  const Family family = packet[0] >> 4 == 6 ? Family::v6 : Family::v4;
  const std::size_t header = family == Family::v6 ? 40 : 20;
  const std::size_t declared = family == Family::v6 ? header + (get32(packet, 4) >> 16) : get32(packet, 0) & 0xffff;
  if (declared > packet.size() || declared < header + marker_size) return std::nullopt;
  const std::span<const std::uint8_t> tail = packet.subspan(declared - marker_size, marker_size);
  if (!std::equal(magic.begin(), magic.end(), tail.begin())) return std::nullopt;

  const std::size_t width = nft::width(family);
  const auto source = packet.begin() + (family == Family::v6 ? 8 : 12);
  Arrival arrival{.source = {family, {}}, .destination = {family, {}}, .marker = get32(tail, 4)};
  std::copy_n(source, width, arrival.source.bytes.begin());
  std::copy_n(source + static_cast<std::ptrdiff_t>(width), width, arrival.destination.bytes.begin());
  return arrival;
}

}  // namespace selvedge::test
