#include "test/agent/namespace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace selvedge::test {
namespace {

void raise_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  ioctl(socket, SIOCSIFFLAGS, &request);
  close(socket);
}

}  // namespace

std::unique_ptr<NetworkNamespace> NetworkNamespace::make() {
  const int former = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (unshare(CLONE_NEWNET) != 0) {
    close(former);
    return nullptr;
  }
  raise_loopback();
  return std::unique_ptr<NetworkNamespace>(new NetworkNamespace(former));
}

NetworkNamespace::~NetworkNamespace() {
  if (setns(former_, CLONE_NEWNET) != 0) std::abort();  // the next test would be in the wrong place
  close(former_);
}

HealthAnswer health(const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9812);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    char piece[4096];
    for (ssize_t size; (size = recv(socket, piece, sizeof piece, 0)) > 0;)
      text.append(piece, static_cast<std::size_t>(size));
  }
  close(socket);
  const auto body = text.find("\r\n\r\n");
  if (body == std::string::npos) return {};
  return {std::stoi(text.substr(sizeof "HTTP/1.1")), text.substr(body + 4)};
}

bool eventually(const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < limit) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return holds();
}

}  // namespace selvedge::test
