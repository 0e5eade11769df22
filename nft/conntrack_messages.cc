// An entry is named by its original tuple, zone and id: with these three a removal finds it and no other.
//
// Which attributes a filter shall heed is told in bits that no header of user space has (Linux,
// net/netfilter/nf_internals.h): the first is the source address.
#include "nft/conntrack_messages.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

namespace selvedge::nft::conntrack {
namespace {

constexpr std::uint8_t icmp = 1, icmpv6 = 58;
constexpr std::array<std::uint8_t, 6> with_ports{6, 17, 33, 47, 132, 136};  // of GRE, the call's two keys
constexpr std::uint32_t filter_by_source = 1;

// Of each type the attribute, if there is one.
template <std::size_t Size>
using Found = std::array<const nlattr*, Size>;

template <std::size_t Size>
int note(const nlattr* attribute, void* data) {
  auto& found = *static_cast<Found<Size>*>(data);
  const std::uint16_t type = mnl_attr_get_type(attribute);
  if (type < Size) found[type] = attribute;
  return MNL_CB_OK;
}

template <std::size_t Size>
std::optional<Found<Size>> nested(const nlattr* attribute) {
  Found<Size> found{};
  if (attribute == nullptr || mnl_attr_parse_nested(attribute, note<Size>, &found) < 0) return std::nullopt;
  return found;
}

// The payload of exactly so many bytes, as it is on the wire.
template <typename Number>
std::optional<Number> raw(const nlattr* attribute) {
  Number number{};
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != sizeof number) return std::nullopt;
  std::memcpy(&number, mnl_attr_get_payload(attribute), sizeof number);
  return number;
}

std::uint16_t be16(const nlattr* attribute) {
  return ntohs(raw<std::uint16_t>(attribute).value_or(0));
}

std::optional<Address> address_of(const nlattr* attribute, Family family) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != width(family)) return std::nullopt;
  Address address{.family = family, .bytes = {}};
  std::memcpy(address.bytes.data(), mnl_attr_get_payload(attribute), width(family));
  return address;
}

void read_protocol(const Found<CTA_PROTO_MAX + 1>& attributes, Tuple& tuple) {
  tuple.protocol = raw<std::uint8_t>(attributes[CTA_PROTO_NUM]).value_or(0);
  if (tuple.protocol == icmp || tuple.protocol == icmpv6) {
    const bool v4 = tuple.protocol == icmp;
    tuple.source_port = be16(attributes[v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID]);
    tuple.icmp_type = raw<std::uint8_t>(attributes[v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE]).value_or(0);
    tuple.icmp_code = raw<std::uint8_t>(attributes[v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE]).value_or(0);
  } else {
    tuple.source_port = be16(attributes[CTA_PROTO_SRC_PORT]);
    tuple.destination_port = be16(attributes[CTA_PROTO_DST_PORT]);
  }
}

struct ZonedTuple {
  Tuple tuple;
  std::uint16_t zone = 0;
};

std::optional<ZonedTuple> tuple_of(const nlattr* attribute) {
  const auto parts = nested<CTA_TUPLE_MAX + 1>(attribute);
  if (!parts) return std::nullopt;
  const auto ip = nested<CTA_IP_MAX + 1>((*parts)[CTA_TUPLE_IP]);
  const auto protocol = nested<CTA_PROTO_MAX + 1>((*parts)[CTA_TUPLE_PROTO]);
  if (!ip || !protocol) return std::nullopt;
  const bool v4 = (*ip)[CTA_IP_V4_SRC] != nullptr;
  const Family family = v4 ? Family::v4 : Family::v6;
  const auto source = address_of((*ip)[v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC], family);
  const auto destination = address_of((*ip)[v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST], family);
  if (!source || !destination) return std::nullopt;
  ZonedTuple made{.tuple = {.source = *source, .destination = *destination}, .zone = be16((*parts)[CTA_TUPLE_ZONE])};
  read_protocol(*protocol, made.tuple);
  return made;
}

std::uint8_t family_number(Family family) {
  return family == Family::v4 ? AF_INET : AF_INET6;
}

nlmsghdr* begin(void* buffer, std::uint16_t type, std::uint16_t flags, std::uint32_t sequence, std::uint8_t family) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type);
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  message->nlmsg_seq = sequence;
  auto* head = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  head->nfgen_family = family;
  return message;
}

void put_be16(nlmsghdr* message, std::uint16_t type, std::uint16_t value) {
  mnl_attr_put_u16(message, type, htons(value));
}

void put_address(nlmsghdr* message, std::uint16_t v4_type, std::uint16_t v6_type, const Address& address) {
  mnl_attr_put(message, address.family == Family::v4 ? v4_type : v6_type, width(address.family), address.bytes.data());
}

void put_protocol(nlmsghdr* message, const Tuple& tuple) {
  mnl_attr_put_u8(message, CTA_PROTO_NUM, tuple.protocol);
  if (tuple.protocol == icmp || tuple.protocol == icmpv6) {
    const bool v4 = tuple.protocol == icmp;
    put_be16(message, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID, tuple.source_port);
    mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE, tuple.icmp_type);
    mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE, tuple.icmp_code);
  } else if (std::ranges::find(with_ports, tuple.protocol) != with_ports.end()) {
    put_be16(message, CTA_PROTO_SRC_PORT, tuple.source_port);
    put_be16(message, CTA_PROTO_DST_PORT, tuple.destination_port);
  }
}

std::vector<std::uint8_t> bytes_of(const nlmsghdr* message) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(message);
  return {first, first + message->nlmsg_len};
}

// The kernel pads its attributes; of an odd length libmnl would read on to the next multiple of four.
bool is_of_type(const nlmsghdr& message, std::uint16_t type) {
  return message.nlmsg_type == (NFNL_SUBSYS_CTNETLINK << 8 | type) &&
         message.nlmsg_len >= mnl_nlmsg_size(sizeof(nfgenmsg)) && message.nlmsg_len % MNL_ALIGNTO == 0;
}

template <std::size_t Size>
std::optional<Found<Size>> attributes_of(const nlmsghdr& message) {
  Found<Size> found{};
  if (mnl_attr_parse(&message, sizeof(nfgenmsg), note<Size>, &found) < 0) return std::nullopt;
  return found;
}

}  // namespace

std::vector<std::uint8_t> count_request(std::uint32_t sequence) {
  alignas(nlmsghdr) std::array<std::uint8_t, 64> buffer{};
  return bytes_of(begin(buffer.data(), IPCTNL_MSG_CT_GET_STATS, 0, sequence, AF_UNSPEC));
}

std::vector<std::uint8_t> dump_request(std::uint32_t sequence) {
  alignas(nlmsghdr) std::array<std::uint8_t, 64> buffer{};
  return bytes_of(begin(buffer.data(), IPCTNL_MSG_CT_GET, NLM_F_DUMP, sequence, AF_UNSPEC));
}

std::vector<std::uint8_t> dump_request(std::uint32_t sequence, const Address& source, Direction direction) {
  alignas(nlmsghdr) std::array<std::uint8_t, 256> buffer{};
  nlmsghdr* message = begin(buffer.data(), IPCTNL_MSG_CT_GET, NLM_F_DUMP, sequence, family_number(source.family));
  const bool original = direction == Direction::original;
  nlattr* tuple = mnl_attr_nest_start(message, original ? CTA_TUPLE_ORIG : CTA_TUPLE_REPLY);
  nlattr* ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
  put_address(message, CTA_IP_V4_SRC, CTA_IP_V6_SRC, source);
  mnl_attr_nest_end(message, ip);
  mnl_attr_nest_end(message, tuple);
  nlattr* filter = mnl_attr_nest_start(message, CTA_FILTER);
  mnl_attr_put_u32(message, original ? CTA_FILTER_ORIG_FLAGS : CTA_FILTER_REPLY_FLAGS, filter_by_source);
  mnl_attr_nest_end(message, filter);
  return bytes_of(message);
}

void add_removal(std::vector<std::uint8_t>& stream, std::uint32_t sequence, const Connection& connection) {
  alignas(nlmsghdr) std::array<std::uint8_t, longest_removal> buffer{};
  const Tuple& original = connection.original;
  nlmsghdr* message = begin(buffer.data(), IPCTNL_MSG_CT_DELETE, 0, sequence, family_number(original.source.family));
  nlattr* tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
  nlattr* ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
  put_address(message, CTA_IP_V4_SRC, CTA_IP_V6_SRC, original.source);
  put_address(message, CTA_IP_V4_DST, CTA_IP_V6_DST, original.destination);
  mnl_attr_nest_end(message, ip);
  nlattr* protocol = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
  put_protocol(message, original);
  mnl_attr_nest_end(message, protocol);
  mnl_attr_nest_end(message, tuple);
  if (connection.zone != 0) put_be16(message, CTA_ZONE, connection.zone);
  mnl_attr_put_u32(message, CTA_ID, connection.id);
  const auto bytes = bytes_of(message);
  stream.insert(stream.end(), bytes.begin(), bytes.end());
  stream.resize(MNL_ALIGN(stream.size()));
}

std::optional<Connection> connection_of(const nlmsghdr& message) {
  if (!is_of_type(message, IPCTNL_MSG_CT_NEW)) return std::nullopt;
  const auto found = attributes_of<CTA_MAX + 1>(message);
  if (!found) return std::nullopt;
  const auto original = tuple_of((*found)[CTA_TUPLE_ORIG]);
  const auto reply = tuple_of((*found)[CTA_TUPLE_REPLY]);
  const auto id = raw<std::uint32_t>((*found)[CTA_ID]);
  if (!original || !reply || !id) return std::nullopt;
  const std::uint16_t zone = be16((*found)[CTA_ZONE]);
  return Connection{.original = original->tuple,
                    .reply = reply->tuple,
                    .id = *id,
                    .status = ntohl(raw<std::uint32_t>((*found)[CTA_STATUS]).value_or(0)),
                    .zone = std::max({zone, original->zone, reply->zone})};
}

std::optional<std::size_t> count_of(const nlmsghdr& message) {
  if (!is_of_type(message, IPCTNL_MSG_CT_GET_STATS)) return std::nullopt;
  const auto found = attributes_of<CTA_STATS_GLOBAL_MAX + 1>(message);
  if (!found) return std::nullopt;
  const auto count = raw<std::uint32_t>((*found)[CTA_STATS_GLOBAL_ENTRIES]);
  return count ? std::optional<std::size_t>(ntohl(*count)) : std::nullopt;
}

}  // namespace selvedge::nft::conntrack
