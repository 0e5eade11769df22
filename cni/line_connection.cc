#include "cni/line_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace selvedge::cni {
namespace {

tl::unexpected<std::string> failed(int error) {
  return tl::unexpected(std::string(std::strerror(error)));
}

bool is_worth_waiting(int error) {
  return error == EAGAIN || error == EINTR;
}

}  // namespace

tl::expected<void, std::string> LineConnection::wait_for(short what) const {
  for (;;) {
    const auto left = deadline_ - std::chrono::steady_clock::now();
    pollfd both[] = {{fd_, what, 0}, {stop_, POLLIN, 0}};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    const int ready = poll(both, 2, static_cast<int>(std::max<decltype(limit)>(limit, 0)));
    if (ready < 0 && errno != EINTR) return failed(errno);
    if (ready == 0) return failed(ETIMEDOUT);
    if (ready > 0) return both[1].revents == 0 ? tl::expected<void, std::string>() : failed(ECANCELED);
  }
}

tl::expected<void, std::string> LineConnection::write(std::string_view text) const {
  while (!text.empty()) {
    if (auto ready = wait_for(POLLOUT); !ready) return ready;
    const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && !is_worth_waiting(errno)) return failed(errno);
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return {};
}

tl::expected<std::string, std::string> LineConnection::read(std::size_t longest) const {
  std::string text;
  char buffer[4096];
  for (;;) {
    if (const auto ready = wait_for(POLLIN); !ready) return tl::unexpected(ready.error());
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got == 0) return tl::unexpected(std::string("the connection ended before its line did"));
    if (got < 0 && !is_worth_waiting(errno)) return failed(errno);
    const std::string_view piece(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    const std::size_t end = piece.find('\n');
    text += piece.substr(0, end);
    if (end != std::string_view::npos) return text;
    if (text.size() > longest) return tl::unexpected("a line of more than " + std::to_string(longest) + " bytes");
  }
}

}  // namespace selvedge::cni
