#include "k8sclient/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace selvedge::k8s {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = TransportError::Kind;

TransportError stopped(const ServerAddress& server) {
  return {Kind::stopped, to_string(server) + ": interrupted"};
}

TransportError unreachable(const ServerAddress& server, const std::string& cause) {
  return {Kind::unreachable, to_string(server) + ": " + cause};
}

std::string words(int error) {
  return std::generic_category().message(error);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::string to_string(const SocketAddress& address) {
  char host[NI_MAXHOST] = "";
  ::getnameinfo(address.get(), address.size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

struct Resolved {
  int error = 0;  // as getaddrinfo's
  std::vector<SocketAddress> addresses;
};

Resolved resolve(const ServerAddress& server, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Resolved resolved{.error = ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found),
                    .addresses = {}};
  if (resolved.error != 0) return resolved;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    SocketAddress address;
    if (each->ai_addrlen > sizeof address.storage) continue;
    std::copy_n(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    address.size = each->ai_addrlen;
    resolved.addresses.push_back(address);
  }
  return resolved;
}

// What the look-up's thread and the waiting one share; whoever ends last frees it.
struct Lookup {
  std::mutex mutex;
  Resolved resolved;
  Interrupt done;
};

tl::expected<Resolved, TransportError> look_up(const ServerAddress& server, const Interrupt& interrupt,
                                               Deadline deadline) {
  if (is_address(server.host)) return resolve(server, AI_NUMERICHOST);
  const auto lookup = std::make_shared<Lookup>();
  if (!lookup->done.usable()) return tl::unexpected(unreachable(server, "no file descriptor left"));
  try {
    std::thread([lookup, server] {
      auto resolved = resolve(server, AI_ADDRCONFIG);
      if (resolved.error == EAI_NONAME) resolved = resolve(server, 0);  // no address configured but loopback's
      const std::scoped_lock lock(lookup->mutex);
      lookup->resolved = std::move(resolved);
      lookup->done.raise();
    }).detach();
  } catch (const std::system_error& error) {
    return tl::unexpected(unreachable(server, std::string("no thread for the name look-up: ") + error.what()));
  }
  switch (wait_for(lookup->done.fd(), POLLIN, interrupt, deadline)) {
    case Wait::interrupted:
      return tl::unexpected(stopped(server));
    case Wait::timed_out:
      return tl::unexpected(unreachable(server, "the name " + server.host + " was not resolved in time"));
    case Wait::ready:
      break;
  }
  const std::scoped_lock lock(lookup->mutex);
  return lookup->resolved;
}

// Finds a dead peer within a minute of silence, however long a watch may stay quiet.
void set_options(int socket) {
  const auto set = [socket](int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
}

tl::expected<Fd, TransportError> connect_to(const ServerAddress& server, const SocketAddress& address,
                                            const Interrupt& interrupt, Deadline deadline) {
  const auto failed = [&](const std::string& cause) {
    return tl::unexpected(unreachable(server, "connect to " + to_string(address) + ": " + cause));
  };
  Fd socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed(words(errno));
  set_options(socket.get());
  if (::connect(socket.get(), address.get(), address.size) == 0) return socket;
  if (errno != EINPROGRESS) return failed(words(errno));
  switch (wait_for(socket.get(), POLLOUT, interrupt, deadline)) {
    case Wait::interrupted:
      return tl::unexpected(stopped(server));
    case Wait::timed_out:
      return failed("no answer in time");
    case Wait::ready:
      break;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed(words(error));
  return socket;
}

}  // namespace

tl::expected<Fd, TransportError> dial(const ServerAddress& server, const Interrupt& interrupt,
                                      std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const auto resolved = look_up(server, interrupt, deadline);
  if (!resolved) return tl::unexpected(resolved.error());
  if (resolved->addresses.empty()) {
    return tl::unexpected(unreachable(
        server, "the name " + server.host + " does not resolve: " + std::string(::gai_strerror(resolved->error))));
  }
  auto left = static_cast<int>(resolved->addresses.size());
  tl::expected<Fd, TransportError> connection;
  for (const auto& address : resolved->addresses) {
    connection = connect_to(server, address, interrupt, Clock::now() + (deadline - Clock::now()) / left--);
    if (connection || connection.error().kind == Kind::stopped) break;
  }
  return connection;
}

}  // namespace selvedge::k8s
