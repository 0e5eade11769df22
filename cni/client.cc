#include "cni/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cni/line_connection.h"

namespace selvedge::cni {
namespace {

using Fault = tl::unexpected<std::string>;
using Deadline = LineConnection::Deadline;

class Socket {
 public:
  Socket() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

  // A full backlog is EAGAIN, and no poll tells when it has room: so it is tried again.
  bool connect_to(const std::string& path, Deadline deadline) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    while (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      const bool busy = errno == EAGAIN || errno == EINTR;
      if (!busy || std::chrono::steady_clock::now() >= deadline) return false;
      poll(nullptr, 0, 20);
    }
    return true;
  }

 private:
  int fd_;
};

}  // namespace

tl::expected<Answer, std::string> ask(const std::string& socket, const Request& request,
                                      std::chrono::milliseconds limit) {
  const Deadline deadline = std::chrono::steady_clock::now() + limit;
  const Socket daemon;
  if (!daemon.connect_to(socket, deadline))
    return Fault(socket + ": the daemon cannot be reached: " + std::strerror(errno));
  const LineConnection connection(daemon.fd(), -1, deadline);
  // A daemon that refuses who asks may say so before it has read anything: what it says counts.
  const auto sent = connection.write(line_of(request));
  const auto line = connection.read(longest_line);
  if (!line) return Fault(socket + ": the daemon did not answer: " + (sent ? line.error() : sent.error()));
  auto answer = answer_of(*line);
  if (!answer) return Fault(socket + ": the daemon's answer is not understood: " + answer.error());
  return answer;
}

}  // namespace selvedge::cni
