// How long to wait before the next try: twice as long each time, spread at random
// so that the nodes of a cluster do not come back all at once.
#pragma once

#include <chrono>

namespace selvedge::k8s {

class Backoff {
 public:
  // `random` is in [0, 1). Between 800 ms and 30 s.
  std::chrono::milliseconds next(double random);
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }  // waits since the last reset; stops counting at some point

 private:
  int failures_ = 0;
};

}  // namespace selvedge::k8s
