// An nft::Packet as bytes on the wire, and back.
//
// What a Packet leaves open is chosen here so that conntrack finds the state that the Packet
// asks for: flags of TCP, chunks of SCTP, types of ICMP. Transport checksums are not computed (the
// bed turns their check off): ICMP's lies where Packet::port is read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "nft/packet.h"

namespace selvedge::test {

using Mac = std::array<std::uint8_t, 6>;
using Bytes = std::vector<std::uint8_t>;

// What a frame has beside its packet.
struct Wire {
  Mac from{};
  Mac to{};
  bool routed = false;            // on its way the hop limit goes down by one
  bool options = false;           // between IP's header and the transport's: they must be all the same to rules
  bool fragments = false;         // in two, as short as may be; conntrack puts them together again; not with options
  bool reply = false;             // of an established connection: sent by the one who was called
  std::uint16_t source_port = 0;  // TCP, UDP, SCTP; the identifier of an ICMP echo
  std::uint32_t marker = 0;       // comes back with the packet
};

// Whether it goes as TCP without a lone SYN: as it says itself where it begins a connection, else as it must.
bool is_midstream(const nft::Packet& packet);

// The verification tag of all established SCTP associations.
constexpr std::uint32_t sctp_tag = 0x5e1fed6e;
constexpr std::uint8_t icmp_echo_reply = 0, icmp_unreachable = 3, icmp_echo = 8;
constexpr std::uint8_t icmpv6_echo = 128, icmpv6_echo_reply = 129;

enum class Protocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17, icmpv6 = 58, sctp = 132 };

bool is(const nft::Packet& packet, Protocol protocol);
bool is_v6(const nft::Packet& packet);
bool has_ports(const nft::Packet& packet);      // TCP, UDP, SCTP
bool is_echo(const nft::Packet& packet);        // ICMP or ICMPv6 of the family, where conntrack knows queries
bool is_icmp_error(const nft::Packet& packet);  // related by what it quotes: its destination's UDP packet

// Ethernet frames: two if the packet goes in fragments. Its last eight bytes are the marker.
std::vector<Bytes> frames_of(const nft::Packet& packet, const Wire& wire);

// The 16-bit type of an Ethernet frame, 0 if it is too short.
std::uint16_t ethertype_of(std::span<const std::uint8_t> frame);
constexpr std::size_t ethernet_size = 14;

struct Arrival {
  nft::Address source;
  nft::Address destination;
  std::uint32_t marker = 0;
};
// `packet` begins with its IP header; no value: not one of ours.
std::optional<Arrival> arrival_of(std::span<const std::uint8_t> packet);

}  // namespace selvedge::test
