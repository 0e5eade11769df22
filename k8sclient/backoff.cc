// The spread is as wide as the wait itself, at its upper end, too.
#include "k8sclient/backoff.h"

#include <algorithm>

namespace selvedge::k8s {

std::chrono::milliseconds Backoff::next(double random) {
  using std::chrono::milliseconds;
  constexpr milliseconds first{800};
  constexpr milliseconds last{15000};
  constexpr int doublings = 8;
  const milliseconds base = std::min(last, first * (1 << failures_));
  failures_ = std::min(failures_ + 1, doublings);
  const double spread = static_cast<double>(base.count()) * std::clamp(random, 0.0, 1.0);
  return base + milliseconds(static_cast<milliseconds::rep>(spread));
}

}  // namespace selvedge::k8s
