// IPv6's headers make a chain, each naming the next. It is followed as far as the bytes go, and each has at least eight
// of them, so that no chain goes on without end.
#include "nft/packet_head.h"

#include <algorithm>

namespace selvedge::nft {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t v4_header = 20;
constexpr std::size_t v6_header = 40;

std::uint16_t number_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

Address address_at(Bytes bytes, std::size_t at, Family family) {
  Address address{.family = family};
  std::ranges::copy(bytes.subspan(at, width(family)), address.bytes.begin());
  return address;
}

// What follows the IP headers of a packet that is not a later fragment.
PacketHead with_payload(PacketHead head, Bytes payload) {
  if (head.fragment) return head;
  if (has_ports(head.protocol)) {
    head.cut = payload.size() < 4;
    if (head.cut) return head;
    head.source_port = number_at(payload, 0);
    head.destination_port = number_at(payload, 2);
  } else if (head.protocol == 1 || head.protocol == 58) {
    head.cut = payload.size() < 2;
    if (head.cut) return head;
    head.icmp_type = payload[0];
    head.icmp_code = payload[1];
  }
  return head;
}

tl::expected<PacketHead, std::string> read_v4(Bytes bytes) {
  if (bytes.size() < v4_header) return tl::unexpected(std::string("an IPv4 header of less than 20 bytes"));
  const std::size_t header = std::size_t{4} * (bytes[0] & 0x0fU);
  if (header < v4_header) return tl::unexpected(std::string("an IPv4 header that says it has less than 20 bytes"));
  PacketHead head{.source = address_at(bytes, 12, Family::v4), .destination = address_at(bytes, 16, Family::v4)};
  head.protocol = bytes[9];
  head.length = number_at(bytes, 2);
  head.fragment = (number_at(bytes, 6) & 0x1fffU) != 0;
  return with_payload(std::move(head), bytes.subspan(std::min(header, bytes.size())));
}

// The bytes of the extension header that `payload` begins with; 0: `protocol` is none, or it is not to be passed.
std::size_t extension(std::uint8_t protocol, Bytes payload) {
  switch (protocol) {
    case 0:   // hop by hop
    case 43:  // routing
    case 60:  // destination options
      return std::size_t{8} * (payload[1] + std::size_t{1});
    case 44:  // fragment
      return 8;
    case 51:  // authentication: in words of four bytes
      return std::size_t{4} * (payload[1] + std::size_t{2});
    default:
      return 0;
  }
}

bool is_extension(std::uint8_t protocol) {
  return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 51 || protocol == 60;
}

tl::expected<PacketHead, std::string> read_v6(Bytes bytes) {
  if (bytes.size() < v6_header) return tl::unexpected(std::string("an IPv6 header of less than 40 bytes"));
  PacketHead head{.source = address_at(bytes, 8, Family::v6), .destination = address_at(bytes, 24, Family::v6)};
  head.protocol = bytes[6];
  head.length = static_cast<std::uint32_t>(v6_header) + number_at(bytes, 4);
  Bytes payload = bytes.subspan(v6_header);
  while (is_extension(head.protocol) && !head.fragment) {
    head.cut = payload.size() < 8;
    if (head.cut) return head;
    const std::size_t size = extension(head.protocol, payload);
    if (head.protocol == 44) head.fragment = (number_at(payload, 2) & 0xfff8U) != 0;
    head.protocol = payload[0];
    payload = payload.subspan(std::min(size, payload.size()));
  }
  return with_payload(std::move(head), payload);
}

}  // namespace

bool has_ports(std::uint8_t protocol) {
  return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 33 || protocol == 136;
}

tl::expected<PacketHead, std::string> read_packet_head(Bytes bytes) {
  if (bytes.empty()) return tl::unexpected(std::string("a packet without a byte"));
  const unsigned version = bytes[0] >> 4U;
  if (version == 4) return read_v4(bytes);
  if (version == 6) return read_v6(bytes);
  return tl::unexpected("a packet of IP version " + std::to_string(version));
}

}  // namespace selvedge::nft
