// What the fuzz targets share. A target is a function of bytes that checks a
// property: libFuzzer calls it (./dev fuzz), and so does test_fuzz, with the
// saved inputs and with mutations of them, built by any compiler.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

// libFuzzer's name for a target. test_fuzz holds all of them and compiles each under a name of its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace selvedge::fuzz {

// A property that does not hold: a finding for libFuzzer, a failed test for GoogleTest.
[[noreturn]] inline void fail(const std::string& what) {
  throw std::runtime_error(what);
}
inline void require(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

// The input, taken off the front piece by piece. Once it is used up, everything is zero or empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const char first = rest_.front();
    rest_.remove_prefix(1);
    return static_cast<std::uint8_t>(first);
  }
  bool flag() { return (byte() & 1U) != 0; }
  std::size_t below(std::size_t limit) {  // limit > 0
    const std::size_t value = limit > 256 ? byte() * std::size_t{256} + byte() : byte();
    return value % limit;
  }
  // Up to the next line feed, which goes with it.
  std::string line() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace selvedge::fuzz
