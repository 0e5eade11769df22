// A stream socket on which lines go to and fro, each within a time limit that no slow peer can stretch.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace selvedge::cni {

// Does not own its descriptors. `fd` must not block; once `stop` is readable nothing is waited for (-1: never).
class LineConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  LineConnection(int fd, int stop, Deadline deadline) : fd_(fd), stop_(stop), deadline_(deadline) {}

  // The error says why in words of errno. A line ends with a newline, which is not returned.
  tl::expected<void, std::string> write(std::string_view text) const;
  tl::expected<std::string, std::string> read(std::size_t longest) const;

 private:
  tl::expected<void, std::string> wait_for(short what) const;

  int fd_;
  int stop_;
  Deadline deadline_;
};

}  // namespace selvedge::cni
