// Of IPv6 addresses the kernel's filter passes all but those that it is asked for (Linux 6.18,
// ctnetlink_filter_match_tuple): there it is not used.
//
// The kernel carries a datagram of removals out before sendmsg returns, and speaks only of those that failed: ENOENT,
// the connection has ended by itself. So what was sent less these is what was removed.
#include "nft/conntrack_table.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <libmnl/libmnl.h>

#include "nft/conntrack_messages.h"

namespace selvedge::nft {
namespace {

using conntrack::Direction;

constexpr std::size_t receive_size = std::size_t{64} * 1024;  // the kernel's dumps come in datagrams of at most 32 KiB
constexpr std::size_t at_once = 1000;                         // removals in a datagram: 1 ms of the kernel's time
constexpr int send_buffer = 2 * at_once * conntrack::longest_removal;
constexpr int receive_buffer = 4 * 1024 * 1024;              // for as many complaints
constexpr timeval longest_wait{.tv_sec = 10, .tv_usec = 0};  // the kernel answers at once; this ends what should not be

// nfnetlink answers EINVAL for a subsystem that it does not have.
Error::Kind kind_of(int code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return Error::Kind::denied;
    case EINVAL:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return Error::Kind::unsupported;
    default:
      return Error::Kind::transient;
  }
}

tl::unexpected<Error> error_of(const std::string& what, int code) {
  const Error::Kind kind = kind_of(code);
  std::string message = "conntrack: " + what + ": " + std::generic_category().message(code);
  if (kind == Error::Kind::denied) message += "; it takes CAP_NET_ADMIN";
  if (kind == Error::Kind::unsupported) message += "; the kernel may lack nf_conntrack_netlink";
  return tl::unexpected(
      Error{.kind = kind, .code = code, .op = std::nullopt, .object = {}, .message = std::move(message)});
}

// The error that an NLMSG_ERROR or NLMSG_DONE tells of; 0: none.
int code_in(const nlmsghdr& message) {
  int code = 0;
  if (mnl_nlmsg_get_payload_len(&message) < sizeof code) return 0;
  std::memcpy(&code, mnl_nlmsg_get_payload(&message), sizeof code);
  return code < 0 ? -code : 0;
}

// Calls `look` for each message of a datagram until it returns false.
template <typename Look>
void for_each_message(const std::vector<std::uint8_t>& buffer, std::size_t size, const Look& look) {
  int left = static_cast<int>(size);
  const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
  for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
    if (!look(*message)) return;
  }
}

}  // namespace

void ConntrackTable::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

ConntrackTable::ConntrackTable(std::unique_ptr<mnl_socket, Close> socket)
    : socket_(std::move(socket)), buffer_(receive_size) {}
ConntrackTable::ConntrackTable(ConntrackTable&&) noexcept = default;
ConntrackTable& ConntrackTable::operator=(ConntrackTable&&) noexcept = default;
ConntrackTable::~ConntrackTable() = default;

tl::expected<ConntrackTable, Error> ConntrackTable::open() {
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0)
    return error_of("opening a netlink socket", errno);
  const int fd = mnl_socket_get_fd(socket.get());
  int on = 1;
  mnl_socket_setsockopt(socket.get(), NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest_wait, sizeof longest_wait);
  ConntrackTable table(std::move(socket));
  if (const auto count = table.count(); !count) return tl::unexpected(count.error());
  return table;
}

// The size of a datagram, which is in buffer_ until the next call; or errno.
tl::expected<std::size_t, Error> ConntrackTable::receive(bool wait) {
  while (true) {
    const ssize_t size =
        recv(mnl_socket_get_fd(socket_.get()), buffer_.data(), buffer_.size(), wait ? 0 : MSG_DONTWAIT);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) return error_of("reading an answer", errno);
  }
}

tl::expected<std::size_t, Error> ConntrackTable::count() {
  const auto question = conntrack::count_request(++sequence_);
  if (mnl_socket_sendto(socket_.get(), question.data(), question.size()) < 0)
    return error_of("asking for the number of connections", errno);
  while (true) {
    const auto size = receive(true);
    if (!size) return size;
    std::optional<std::size_t> count;
    int code = 0;
    for_each_message(buffer_, *size, [&](const nlmsghdr& message) {
      if (message.nlmsg_seq != sequence_) return true;  // late
      if (message.nlmsg_type == NLMSG_ERROR) code = code_in(message);
      count = conntrack::count_of(message);
      return false;
    });
    if (code != 0) return error_of("asking for the number of connections", code);
    if (count) return *count;
  }
}

tl::expected<void, Error> ConntrackTable::ask(std::span<const std::uint8_t> question, const Take& take) {
  if (mnl_socket_sendto(socket_.get(), question.data(), question.size()) < 0)
    return error_of("asking for connections", errno);
  while (true) {
    const auto size = receive(true);
    if (!size) return tl::unexpected(size.error());
    bool done = false;
    int code = 0;
    for_each_message(buffer_, *size, [&](const nlmsghdr& message) {
      if (message.nlmsg_seq != sequence_) return true;  // late
      done = message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR;
      if (done) code = code_in(message);
      if (const auto connection = conntrack::connection_of(message)) take(*connection);
      return !done;
    });
    if (code != 0) return error_of("reading connections", code);
    if (done) return {};
  }
}

tl::expected<void, Error> ConntrackTable::each(const Take& take, const std::optional<Address>& source) {
  if (!source) return ask(conntrack::dump_request(++sequence_), take);
  if (source->family == Family::v6) {
    const auto pick = [&](const Connection& connection) {
      if (connection.original.source == *source || connection.reply.source == *source) take(connection);
    };
    return ask(conntrack::dump_request(++sequence_), pick);
  }
  for (const Direction direction : {Direction::original, Direction::reply}) {
    // A kernel that does not know the filter gives all.
    const auto pick = [&](const Connection& connection) {
      const bool begun = connection.original.source == *source;
      if (direction == Direction::original ? begun : !begun && connection.reply.source == *source) take(connection);
    };
    if (auto asked = ask(conntrack::dump_request(++sequence_, *source, direction), pick); !asked) return asked;
  }
  return {};
}

tl::expected<std::size_t, Error> ConntrackTable::remove(std::span<const Connection> connections) {
  std::size_t removed = 0;
  for (; !connections.empty(); connections = connections.subspan(std::min(at_once, connections.size()))) {
    const auto some = remove_some(connections.first(std::min(at_once, connections.size())));
    if (!some) return some;
    removed += *some;
  }
  return removed;
}

tl::expected<std::size_t, Error> ConntrackTable::remove_some(std::span<const Connection> connections) {
  std::vector<std::uint8_t> stream;
  const std::uint32_t first = sequence_ + 1;
  for (const Connection& connection : connections) conntrack::add_removal(stream, ++sequence_, connection);
  if (mnl_socket_sendto(socket_.get(), stream.data(), stream.size()) < 0)
    return error_of("removing connections", errno);
  std::size_t gone = 0;
  int failure = 0;
  while (true) {
    const auto size = receive(false);
    if (!size && size.error().code == EAGAIN) break;
    if (!size) return size;  // ENOBUFS: some were gone, nobody knows how many
    for_each_message(buffer_, *size, [&](const nlmsghdr& message) {
      if (message.nlmsg_type != NLMSG_ERROR || message.nlmsg_seq - first >= connections.size()) return true;
      const int code = code_in(message);
      if (code == ENOENT) ++gone;
      if (code != 0 && code != ENOENT) failure = code;
      return true;
    });
  }
  if (failure != 0) return error_of("removing connections", failure);
  return connections.size() - gone;
}

}  // namespace selvedge::nft
