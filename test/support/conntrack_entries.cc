// ctnetlink (net/netfilter/nf_conntrack_netlink.c). An entry that names a master is RELATED until it
// is answered; TCP entries are liberal, so that any sequence number lies in their window.
#include "test/support/conntrack_entries.h"

#include <arpa/inet.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "test/support/packet_frame.h"

namespace selvedge::test {
namespace {

using nft::Family;

constexpr std::uint32_t timeout_seconds = 600;

// One end of an entry, as a packet in its direction looks.
struct Tuple {
  nft::Address source, destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint8_t icmp_type = 0;
};

bool is_icmp(std::uint8_t protocol) {
  return protocol == static_cast<std::uint8_t>(Protocol::icmp) ||
         protocol == static_cast<std::uint8_t>(Protocol::icmpv6);
}

Tuple original(const Connection& c) {
  return {c.source,      c.destination,      c.protocol,
          c.source_port, c.destination_port, c.source.family == Family::v4 ? icmp_echo : icmpv6_echo};
}
Tuple reply(const Connection& c) {
  return {c.destination,      c.source,      c.protocol,
          c.destination_port, c.source_port, c.source.family == Family::v4 ? icmp_echo_reply : icmpv6_echo_reply};
}

// Whose child an expected connection is; it is written with the first such.
Connection master_of(Family family) {
  return {.source = *nft::parse_address(family == Family::v4 ? "192.0.2.91" : "2001:db8:91::1"),
          .destination = *nft::parse_address(family == Family::v4 ? "192.0.2.92" : "2001:db8:91::2"),
          .protocol = static_cast<std::uint8_t>(Protocol::udp),
          .source_port = 9100,
          .destination_port = 9200,
          .state = Connection::State::answered};
}

void put_be16(nlmsghdr* message, std::uint16_t type, std::uint16_t value) {
  mnl_attr_put_u16(message, type, htons(value));
}

void put_protocol(nlmsghdr* message, const Tuple& tuple) {
  const bool v4 = tuple.source.family == Family::v4;
  mnl_attr_put_u8(message, CTA_PROTO_NUM, tuple.protocol);
  if (!is_icmp(tuple.protocol)) {
    put_be16(message, CTA_PROTO_SRC_PORT, tuple.source_port);
    put_be16(message, CTA_PROTO_DST_PORT, tuple.destination_port);
    return;
  }
  const std::uint16_t id = tuple.source_port != 0 ? tuple.source_port : tuple.destination_port;
  put_be16(message, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID, id);
  mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE, tuple.icmp_type);
  mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE, 0);
}

void put_tuple(nlmsghdr* message, std::uint16_t type, const Tuple& tuple) {
  const bool v4 = tuple.source.family == Family::v4;
  const std::size_t width = nft::width(tuple.source.family);
  nlattr* outer = mnl_attr_nest_start(message, type);
  nlattr* inner = mnl_attr_nest_start(message, CTA_TUPLE_IP);
  mnl_attr_put(message, v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, width, tuple.source.bytes.data());
  mnl_attr_put(message, v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, width, tuple.destination.bytes.data());
  mnl_attr_nest_end(message, inner);
  inner = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
  put_protocol(message, tuple);
  mnl_attr_nest_end(message, inner);
  mnl_attr_nest_end(message, outer);
}

void put_tcp(nlmsghdr* message) {
  nf_ct_tcp_flags liberal{.flags = IP_CT_TCP_FLAG_BE_LIBERAL, .mask = IP_CT_TCP_FLAG_BE_LIBERAL};
  nlattr* tcp = mnl_attr_nest_start(message, CTA_PROTOINFO_TCP);
  mnl_attr_put_u8(message, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
  mnl_attr_put(message, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof liberal, &liberal);
  mnl_attr_put(message, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof liberal, &liberal);
  mnl_attr_nest_end(message, tcp);
}

void put_sctp(nlmsghdr* message) {
  constexpr std::uint8_t established = 4;  // SCTP_CONNTRACK_ESTABLISHED
  nlattr* sctp = mnl_attr_nest_start(message, CTA_PROTOINFO_SCTP);
  mnl_attr_put_u8(message, CTA_PROTOINFO_SCTP_STATE, established);
  mnl_attr_put_u32(message, CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, htonl(sctp_tag));
  mnl_attr_put_u32(message, CTA_PROTOINFO_SCTP_VTAG_REPLY, htonl(sctp_tag));
  mnl_attr_nest_end(message, sctp);
}

nlmsghdr* begin(void* buffer, std::uint16_t operation, std::uint16_t flags, Family family) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | operation);
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  auto* head = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  head->nfgen_family = family == Family::v4 ? AF_INET : AF_INET6;
  return message;
}

std::vector<std::uint8_t> message_of(const Connection& connection) {
  alignas(nlmsghdr) std::array<std::uint8_t, 1024> buffer{};
  const Family family = connection.source.family;
  nlmsghdr* message = begin(buffer.data(), IPCTNL_MSG_CT_NEW, NLM_F_CREATE, family);
  put_tuple(message, CTA_TUPLE_ORIG, original(connection));
  put_tuple(message, CTA_TUPLE_REPLY, reply(connection));
  const bool answered = connection.state == Connection::State::answered;
  const std::uint32_t status = IPS_CONFIRMED | (answered ? IPS_SEEN_REPLY | IPS_ASSURED : 0U);
  mnl_attr_put_u32(message, CTA_STATUS, htonl(status));
  mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(timeout_seconds));
  if (connection.state == Connection::State::expected)
    put_tuple(message, CTA_TUPLE_MASTER, original(master_of(family)));
  const bool tcp = connection.protocol == static_cast<std::uint8_t>(Protocol::tcp);
  if (tcp || connection.protocol == static_cast<std::uint8_t>(Protocol::sctp)) {
    nlattr* info = mnl_attr_nest_start(message, CTA_PROTOINFO);
    tcp ? put_tcp(message) : put_sctp(message);
    mnl_attr_nest_end(message, info);
  }
  return {buffer.begin(), buffer.begin() + message->nlmsg_len};
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("conntrack: " + what + ": " + std::strerror(errno));
}

}  // namespace

void ConntrackEntries::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

ConntrackEntries::ConntrackEntries() : socket_(mnl_socket_open(NETLINK_NETFILTER)) {
  if (!socket_) fail("cannot open a netlink socket");
  if (mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0) fail("cannot bind a netlink socket");
}

void ConntrackEntries::add(const std::vector<Connection>& connections) {
  constexpr std::size_t at_once = 64;
  std::vector<Connection> left;
  for (const Family family : {Family::v4, Family::v6}) left.push_back(master_of(family));
  left.insert(left.end(), connections.begin(), connections.end());
  for (std::size_t from = 0; from < left.size(); from += at_once) {
    std::vector<std::uint8_t> messages;
    const std::size_t to = std::min(left.size(), from + at_once);
    for (std::size_t i = from; i < to; ++i) {
      const auto message = message_of(left[i]);
      messages.insert(messages.end(), message.begin(), message.end());
    }
    transact(messages, to - from);
  }
}

// A deletion that names nothing deletes all.
void ConntrackEntries::flush() {
  std::vector<std::uint8_t> buffer(256);
  nlmsghdr* message = begin(buffer.data(), IPCTNL_MSG_CT_DELETE, 0, Family::v4);
  static_cast<nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family = AF_UNSPEC;
  buffer.resize(message->nlmsg_len);
  transact(buffer, 1);
}

void ConntrackEntries::transact(const std::vector<std::uint8_t>& messages, std::size_t count) {
  if (mnl_socket_sendto(socket_.get(), messages.data(), messages.size()) < 0) fail("cannot send");
  alignas(nlmsghdr) std::array<char, 16384> buffer{};
  while (count > 0) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0) fail("cannot receive");
    int left = static_cast<int>(size);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type != NLMSG_ERROR) continue;
      --count;
      const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
      if (error->error == 0) continue;
      errno = -error->error;
      fail("cannot write an entry");
    }
  }
}

}  // namespace selvedge::test
