// Lines out of chunks that may be cut anywhere. What stands after the last line
// feed is not a line: a stream that ends there was cut off in the middle of an event.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace selvedge::k8s {

// No object in a cluster comes near it: etcd takes 1.5 MiB.
inline constexpr std::size_t largest_object = 8 << 20;
// What is kept of a larger one, to find its name.
inline constexpr std::size_t kept_beginning = 64 << 10;

class LineSplitter {
 public:
  struct Line {
    std::string_view text;  // until the next call, and as long as the chunk
    bool cut = false;       // it was too long; the text is its beginning
  };
  // The next line that the chunk ends, without the line feed; it is taken off the chunk. Empty lines are left out.
  // None: the chunk ends no more lines, and all of it is taken.
  std::optional<Line> next(std::string_view& chunk);

 private:
  void append(std::string_view part);
  void clear();

  std::string open_;  // one buffer for all lines: an allocation for each would be the dearest part of it
  bool cut_ = false;
  bool ended_ = false;  // open_ is a line that was given out
};

}  // namespace selvedge::k8s
