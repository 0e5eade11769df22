// One daemon per node: an abstract unix socket in the node's network namespace.
// Unlike a pid file it is gone the moment its holder dies, and it is shared by
// whoever shares the nftables tables, whatever container they run in.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace selvedge::agent {

// Holds the name until it is destroyed.
class InstanceLock {
 public:
  // `name` is an abstract name, without its leading NUL. The error says which process holds it
  // (SO_PEERCRED; 0 when that process is not visible in our pid namespace).
  static tl::expected<InstanceLock, std::string> acquire(const std::string& name = "selvedge");

  InstanceLock(InstanceLock&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  InstanceLock& operator=(InstanceLock&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~InstanceLock();

 private:
  explicit InstanceLock(int socket) : socket_(socket) {}
  int socket_;
};

}  // namespace selvedge::agent
