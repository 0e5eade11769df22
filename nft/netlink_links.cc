#include "nft/netlink_links.h"

#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <system_error>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "nft/netlink_attributes.h"

namespace selvedge::nft {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t receive_size = std::size_t{64} * 1024;
constexpr timeval longest_wait{.tv_sec = 5, .tv_usec = 0};  // the kernel answers at once
constexpr std::uint32_t skip_stats = 8;                     // RTEXT_FILTER_SKIP_STATS: half of each answer

tl::unexpected<Error> error_of(const char* what, int code) {
  const bool denied = code == EPERM || code == EACCES;
  return tl::unexpected(Error{.kind = denied ? Error::Kind::denied : Error::Kind::transient,
                              .code = code,
                              .op = std::nullopt,
                              .object = {},
                              .message = std::string(what) + ": " + std::generic_category().message(code)});
}

tl::expected<LinkSocket, Error> open_socket(unsigned groups) {
  LinkSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) != 0)
    return error_of("opening a netlink socket for links", errno);
  return socket;
}

template <typename Header>
nlmsghdr* begin(Bytes& bytes, std::uint16_t type, const Header& header) {
  bytes.resize(256);
  nlmsghdr* message = mnl_nlmsg_put_header(bytes.data());
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::memcpy(mnl_nlmsg_put_extra_header(message, sizeof header), &header, sizeof header);
  return message;
}

// ---- what comes back

// What follows a message's own header; none: it is too short for one, or its attributes are not sound.
template <typename Header>
std::optional<netlink::Attributes> attributes_of(const nlmsghdr& message) {
  const std::size_t size = mnl_nlmsg_get_payload_len(&message);
  if (size < sizeof(Header)) return std::nullopt;
  const auto* payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(&message));
  return netlink::Attributes::parse(std::span(payload, size).subspan(NLMSG_ALIGN(sizeof(Header))));
}

// Of rtnetlink, which has the host's order.
std::optional<std::uint32_t> number(const netlink::Attributes& attributes, std::uint16_t type) {
  const auto bytes = attributes.bytes(type);
  std::uint32_t number = 0;
  if (!bytes || bytes->size() != sizeof number) return std::nullopt;
  std::memcpy(&number, bytes->data(), sizeof number);
  return number;
}

struct Link {
  BridgePort port;
  std::uint32_t master = 0;  // its index; 0: none
  bool of_a_bridge = false;
  bool is_bridge = false;
};

std::optional<Link> link_of(const nlmsghdr& message) {
  const auto attributes = message.nlmsg_type == RTM_NEWLINK ? attributes_of<ifinfomsg>(message) : std::nullopt;
  if (!attributes) return std::nullopt;
  const auto info = attributes->nested(IFLA_LINKINFO);
  Link link;
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
  link.port.index = static_cast<std::uint32_t>(header->ifi_index);
  link.port.name = attributes->text(IFLA_IFNAME).value_or("");
  link.port.peer_index = number(*attributes, IFLA_LINK).value_or(0);
  if (const auto space = number(*attributes, IFLA_LINK_NETNSID))
    link.port.peer_space = static_cast<std::int32_t>(*space);
  link.master = number(*attributes, IFLA_MASTER).value_or(0);
  link.is_bridge = info && info->text(IFLA_INFO_KIND) == "bridge";
  link.of_a_bridge = info && info->text(IFLA_INFO_SLAVE_KIND) == "bridge";
  return link;
}

std::optional<Address> address_of(const nlmsghdr& message) {
  const auto attributes = message.nlmsg_type == RTM_NEWADDR ? attributes_of<ifaddrmsg>(message) : std::nullopt;
  if (!attributes) return std::nullopt;
  const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&message));
  if (header->ifa_scope != RT_SCOPE_UNIVERSE) return std::nullopt;
  Address address{.family = header->ifa_family == AF_INET ? Family::v4 : Family::v6, .bytes = {}};
  auto bytes = attributes->bytes(IFA_LOCAL);  // the own end's, where there are two
  if (!bytes) bytes = attributes->bytes(IFA_ADDRESS);
  if (!bytes || bytes->size() != (address.family == Family::v4 ? 4 : 16)) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), address.bytes.begin());
  return address;
}

// A route by which packets end here.
struct Route {
  Interval to;
  bool shared = false;
};

std::optional<Route> route_of(const nlmsghdr& message) {
  const auto attributes = message.nlmsg_type == RTM_NEWROUTE ? attributes_of<rtmsg>(message) : std::nullopt;
  if (!attributes) return std::nullopt;
  const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
  const std::uint8_t type = header->rtm_type;
  if (type != RTN_LOCAL && type != RTN_BROADCAST && type != RTN_ANYCAST) return std::nullopt;
  if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6) return std::nullopt;
  const Family family = header->rtm_family == AF_INET ? Family::v4 : Family::v6;
  const auto bytes = attributes->bytes(RTA_DST);  // none: all of them
  if (header->rtm_dst_len > 8 * width(family) || (bytes ? bytes->size() != width(family) : header->rtm_dst_len != 0))
    return std::nullopt;
  Prefix to{.address = {.family = family, .bytes = {}}, .bits = header->rtm_dst_len};
  if (bytes) std::ranges::copy(*bytes, to.address.bytes.begin());
  return Route{.to = interval_of(to), .shared = type != RTN_LOCAL};
}

// By its index. None: the route is not one to others.
std::optional<std::uint32_t> device_of(const nlmsghdr& message) {
  const auto attributes = message.nlmsg_type == RTM_NEWROUTE ? attributes_of<rtmsg>(message) : std::nullopt;
  if (!attributes) return std::nullopt;
  const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
  return header->rtm_type == RTN_UNICAST ? number(*attributes, RTA_OIF) : std::nullopt;
}

}  // namespace

void CloseSocket::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

Links::Links(LinkSocket socket) : socket_(std::move(socket)), buffer_(receive_size) {}

// Strict checking, or the kernel overlooks what narrows a question, and gives all namespaces' for one.
tl::expected<Links, Error> Links::open() {
  auto socket = open_socket(0);
  if (!socket) return tl::unexpected(std::move(socket.error()));
  const int on = 1, fd = mnl_socket_get_fd(socket->get());
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest_wait, sizeof longest_wait);
  if (setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on) != 0)
    return error_of("asking the kernel for strict checks of questions (Linux 4.20)", errno);
  return Links(std::move(*socket));
}

template <typename Look>
tl::expected<void, Error> Links::ask(Bytes question, const char* what, const Look& look) {
  auto* head = reinterpret_cast<nlmsghdr*>(question.data());
  head->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), head, head->nlmsg_len) < 0) return error_of(what, errno);
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
    if (size < 0) return error_of(what, errno);
    int left = static_cast<int>(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence_) continue;  // late
      if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
        int code = 0;
        if (mnl_nlmsg_get_payload_len(message) >= sizeof code)
          std::memcpy(&code, mnl_nlmsg_get_payload(message), sizeof code);
        if (code < 0) return error_of(what, -code);
        return {};
      }
      look(*message);
    }
  }
}

tl::expected<BridgePorts, Error> Links::bridge_ports(const std::string& pod_bridge) {
  Bytes question;
  nlmsghdr* message = begin(question, RTM_GETLINK, ifinfomsg{});
  mnl_attr_put_u32(message, IFLA_EXT_MASK, skip_stats);
  std::vector<Link> links;
  const auto asked = ask(std::move(question), "reading the links", [&](const nlmsghdr& answer) {
    if (auto link = link_of(answer); link && (link->of_a_bridge || link->is_bridge)) links.push_back(std::move(*link));
  });
  if (!asked) return tl::unexpected(asked.error());

  BridgePorts found;
  std::uint32_t pods = 0;
  for (const Link& link : links) {
    if (!link.is_bridge) continue;
    if (link.port.name == pod_bridge) pods = link.port.index;
    found.other_bridges = found.other_bridges || link.port.name != pod_bridge;
  }
  for (Link& link : links) {
    if (!link.of_a_bridge) continue;
    link.port.of_a_pod = link.master == pods && link.port.peer_space >= 0;
    found.ports.push_back(std::move(link.port));
  }
  std::ranges::sort(found.ports, {}, &BridgePort::index);
  return found;
}

tl::expected<std::vector<Address>, Error> Links::addresses_behind(const BridgePort& port) {
  Bytes question;
  ifaddrmsg about{};
  about.ifa_index = port.peer_index;
  nlmsghdr* message = begin(question, RTM_GETADDR, about);
  mnl_attr_put_u32(message, IFA_TARGET_NETNSID, static_cast<std::uint32_t>(port.peer_space));
  std::vector<Address> addresses;
  const auto asked = ask(std::move(question), "reading a pod's addresses", [&](const nlmsghdr& answer) {
    if (const auto address = address_of(answer)) addresses.push_back(*address);
  });
  if (!asked) return tl::unexpected(asked.error());
  std::ranges::sort(addresses);
  return addresses;
}

// The table is asked for by its number; a family that has no such table yet has no addresses (ENOENT).
tl::expected<OwnAddresses, Error> Links::own_addresses() {
  OwnAddresses found;
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    Bytes question;
    rtmsg about{};
    about.rtm_family = family;
    about.rtm_table = RT_TABLE_LOCAL;
    begin(question, RTM_GETROUTE, about);
    const auto asked = ask(std::move(question), "reading the node's own routes", [&](const nlmsghdr& answer) {
      if (const auto route = route_of(answer)) (route->shared ? found.shared : found.own).push_back(route->to);
    });
    if (!asked && asked.error().code != ENOENT) return tl::unexpected(asked.error());
  }
  Bytes question;
  begin(question, RTM_GETADDR, ifaddrmsg{});
  const auto asked = ask(std::move(question), "reading the node's own addresses", [&](const nlmsghdr& answer) {
    if (const auto address = address_of(answer)) found.own.push_back({*address, *address});
  });
  if (!asked) return tl::unexpected(asked.error());
  return OwnAddresses{.own = unite(std::move(found.own)), .shared = unite(std::move(found.shared))};
}

// No dump: one answer, and then the acknowledgement.
std::optional<std::string> Links::device_towards(const Address& address) {
  Bytes question;
  rtmsg about{};
  about.rtm_family = address.family == Family::v4 ? AF_INET : AF_INET6;
  about.rtm_dst_len = static_cast<std::uint8_t>(8 * width(address.family));
  nlmsghdr* message = begin(question, RTM_GETROUTE, about);
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  mnl_attr_put(message, RTA_DST, width(address.family), address.bytes.data());
  std::optional<std::uint32_t> device;
  const auto asked =
      ask(std::move(question), "asking for a route", [&](const nlmsghdr& answer) { device = device_of(answer); });
  std::array<char, IF_NAMESIZE> name{};
  if (!asked || !device || if_indextoname(*device, name.data()) == nullptr) return std::nullopt;
  return name.data();
}

tl::expected<LinkNews, Error> LinkNews::open() {
  auto socket = open_socket(RTMGRP_LINK);
  if (!socket) return tl::unexpected(std::move(socket.error()));
  return LinkNews(std::move(*socket));
}

bool LinkNews::wait(int stop) {
  std::array<char, 8192> news{};
  const int fd = mnl_socket_get_fd(socket_.get());
  std::array<pollfd, 2> waiting{
      {{.fd = fd, .events = POLLIN, .revents = 0}, {.fd = stop, .events = POLLIN, .revents = 0}}};
  while (poll(waiting.data(), waiting.size(), -1) < 0)
    if (errno != EINTR) return false;
  if (waiting[1].revents != 0) return false;
  // What it says does not matter, nor that some was lost (ENOBUFS).
  while (recv(fd, news.data(), news.size(), MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR) continue;
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace selvedge::nft
