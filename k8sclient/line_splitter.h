// Lines out of chunks that may be cut anywhere. What stands after the last line
// feed is not a line: a stream that ends there was cut off in the middle of an event.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace selvedge::k8s {

// No object in a cluster comes near it: etcd takes 1.5 MiB.
inline constexpr std::size_t largest_object = 8 << 20;
// What is kept of a larger one, to find its name.
inline constexpr std::size_t kept_beginning = 64 << 10;

class LineSplitter {
 public:
  struct Line {
    std::string text;
    bool cut = false;  // it was too long; the text is its beginning
  };
  // The lines that the chunk ends, without the line feed. Empty lines are left out.
  std::vector<Line> feed(std::string_view chunk);

 private:
  void append(std::string_view part);

  Line open_;
};

}  // namespace selvedge::k8s
