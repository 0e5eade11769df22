#include "controller/agent/instance_lock.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace selvedge::agent {
namespace {

struct Name {
  sockaddr_un address{};
  socklen_t length = 0;
};

Name abstract(const std::string& text) {
  Name name;
  name.address.sun_family = AF_UNIX;
  const std::size_t size = std::min(text.size(), sizeof name.address.sun_path - 1);
  std::copy_n(text.data(), size, name.address.sun_path + 1);
  name.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  return name;
}

const sockaddr* generic(const Name& name) {
  return reinterpret_cast<const sockaddr*>(&name.address);
}

std::string failed(const char* what) {
  return std::string("cannot make sure that no other daemon runs: ") + what + ": " + std::strerror(errno);
}

// Not blocking: a holder that never accepts must not hang us.
std::string holder(const Name& name) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = probe >= 0 && connect(probe, generic(name), name.length) == 0 &&
                     getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  if (probe >= 0) close(probe);
  if (!known) return "a process that does not answer";
  const std::string user = " (user id " + std::to_string(peer.uid) + ")";
  return peer.pid == 0 ? "a process of another pid namespace" + user : "process " + std::to_string(peer.pid) + user;
}

}  // namespace

tl::expected<InstanceLock, std::string> InstanceLock::acquire(const std::string& name) {
  InstanceLock lock(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (lock.socket_ < 0) return tl::unexpected(failed("socket"));
  const Name bound = abstract(name);
  if (bind(lock.socket_, generic(bound), bound.length) != 0) {
    if (errno != EADDRINUSE) return tl::unexpected(failed("bind"));
    return tl::unexpected("another selvedge daemon runs on this node: " + holder(bound));
  }
  if (listen(lock.socket_, 64) != 0) return tl::unexpected(failed("listen"));
  return lock;
}

InstanceLock::~InstanceLock() {
  if (socket_ >= 0) close(socket_);
}

}  // namespace selvedge::agent
