// How long to wait after a failed write.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace selvedge::agent {

// 100 ms, doubling to 30 s; each wait is that or up to a quarter less, so that two writers that
// collide do not keep doing so.
class Backoff {
 public:
  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  std::chrono::milliseconds next() {
    const auto wait = limit_;
    limit_ = std::min(2 * limit_, longest);
    return std::chrono::milliseconds(std::uniform_int_distribution<long>(wait.count() * 3 / 4, wait.count())(random_));
  }
  void reset() { limit_ = shortest; }

  static constexpr std::chrono::milliseconds shortest{100};
  static constexpr std::chrono::milliseconds longest{30'000};

 private:
  std::minstd_rand random_;
  std::chrono::milliseconds limit_ = shortest;
};

}  // namespace selvedge::agent
