// A message of the kernel holds several packets; it is sent when there are enough, or after a tenth of a second.
#include "nft/nflog_listener.h"

#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <libmnl/libmnl.h>

namespace selvedge::nft {
namespace {

constexpr std::size_t receive_size = std::size_t{128} * 1024;  // the kernel's messages have at most that
constexpr std::size_t most_at_once = 1024;                     // packets, so that whoever takes them stays responsive
constexpr timeval longest_wait{.tv_sec = 10, .tv_usec = 0};  // the kernel answers at once; this ends what should not be

// nfnetlink answers EINVAL for a subsystem that it does not have; a group that has an owner is EBUSY here (see bind()).
Error::Kind kind_of(int code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return Error::Kind::denied;
    case EBUSY:
      return Error::Kind::refused;
    case EINVAL:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
      return Error::Kind::unsupported;
    default:
      return Error::Kind::transient;
  }
}

tl::unexpected<Error> error_of(const std::string& what, int code) {
  const Error::Kind kind = kind_of(code);
  std::string message = "NFLOG: " + what + ": " + std::generic_category().message(code);
  if (kind == Error::Kind::denied) message += "; it takes CAP_NET_ADMIN";
  if (kind == Error::Kind::refused)
    message += "; another program listens to that group here (selvedge run with --log-denials or --events, ulogd)";
  if (kind == Error::Kind::unsupported) message += "; the kernel may lack nfnetlink_log";
  return tl::unexpected(
      Error{.kind = kind, .code = code, .op = std::nullopt, .object = {}, .message = std::move(message)});
}

std::string interface_name(std::uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  return index != 0 && if_indextoname(index, name.data()) != nullptr ? name.data() : "";
}

template <typename Look>
void for_each_message(const std::vector<std::uint8_t>& buffer, std::size_t size, const Look& look) {
  int left = static_cast<int>(size);
  const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
  for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) look(*message);
}

}  // namespace

void NflogListener::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

NflogListener::NflogListener(std::unique_ptr<mnl_socket, Close> socket)
    : socket_(std::move(socket)), buffer_(receive_size) {}
NflogListener::NflogListener(NflogListener&&) noexcept = default;
NflogListener& NflogListener::operator=(NflogListener&&) noexcept = default;
NflogListener::~NflogListener() = default;

int NflogListener::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

tl::expected<NflogListener, Error> NflogListener::open(const nflog::Listening& listening, int receive_buffer) {
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0)
    return error_of("opening a netlink socket", errno);
  const int fd = mnl_socket_get_fd(socket.get());
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest_wait, sizeof longest_wait);
  NflogListener listener(std::move(socket));
  if (auto bound = listener.bind(listening); !bound) return tl::unexpected(bound.error());
  return listener;
}

// The size of a datagram, which is in buffer_ until the next call; or errno.
tl::expected<std::size_t, Error> NflogListener::receive(int flags) {
  while (true) {
    const ssize_t size = recv(fd(), buffer_.data(), buffer_.size(), flags);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) return error_of("reading what was logged", errno);
  }
}

// The kernel's answer to a request: 0, or an error's code. Packets that come before it are not waited for.
tl::expected<int, Error> NflogListener::ask(const std::vector<std::uint8_t>& request) {
  if (mnl_socket_sendto(socket_.get(), request.data(), request.size()) < 0) return error_of("asking the kernel", errno);
  while (true) {
    const auto size = receive(0);
    if (!size && size.error().code == ENOBUFS) continue;
    if (!size) return tl::unexpected(size.error());
    std::optional<int> code;
    for_each_message(buffer_, *size, [&](const nlmsghdr& message) {
      int answer = 0;
      if (message.nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(&message) < sizeof answer) return;
      std::memcpy(&answer, mnl_nlmsg_get_payload(&message), sizeof answer);
      code = -answer;
    });
    if (code) return *code;
  }
}

// EPERM has two causes: no privilege, and a group that another socket hears.
tl::expected<void, Error> NflogListener::bind(const nflog::Listening& listening) {
  auto code = ask(nflog::listen_request(1, listening));
  if (!code) return tl::unexpected(code.error());
  if (*code == 0) return {};
  if (*code == EPERM) {
    const auto privileged = ask(nflog::privilege_request(2));
    if (privileged && *privileged == ENODEV) code = EBUSY;
  }
  return error_of("listening to group " + std::to_string(listening.group), *code);
}

void NflogListener::note(const nflog::Logged& logged, Heard& heard) {
  if (logged.sequence) {
    if (next_) heard.lost += *logged.sequence - *next_;  // modulo 2^32, as the kernel counts
    next_ = *logged.sequence + 1;
  }
  heard.packets.push_back({.time = logged.time.value_or(std::chrono::system_clock::now()),
                           .prefix = logged.prefix,
                           .in = interface_name(logged.in),
                           .out = interface_name(logged.out),
                           .bytes = logged.packet});
}

tl::expected<Heard, Error> NflogListener::take() {
  Heard heard;
  while (heard.packets.size() < most_at_once) {
    const auto size = receive(MSG_DONTWAIT);
    if (!size && size.error().code == EAGAIN) break;
    if (!size && size.error().code == ENOBUFS) continue;  // the sequence numbers tell how many were lost
    if (!size) return tl::unexpected(size.error());
    for_each_message(buffer_, *size, [&](const nlmsghdr& message) {
      if (const auto logged = nflog::logged_of(message)) note(*logged, heard);
    });
  }
  return heard;
}

}  // namespace selvedge::nft
