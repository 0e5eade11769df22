// A thread that is put aside in the middle of a measurement measures the others. So while it measures it goes first.
#pragma once

#include <chrono>

namespace selvedge::bench {

// As long as it lives, the calling thread runs before all ordinary ones (SCHED_FIFO; without the privilege nothing
// changes). Threads and programs that it starts do not. In the end it sleeps a little: the kernel takes 50 ms from
// whoever leaves less than a twentieth of a second to the others.
class GoesFirst {
 public:
  GoesFirst();
  ~GoesFirst();
  GoesFirst(const GoesFirst&) = delete;
  GoesFirst& operator=(const GoesFirst&) = delete;

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

// The calling thread stays on the processor that it is on.
void stay_on_this_processor();

double cpu_seconds();  // of the calling thread, so far
double resident_MB();  // of the process, once what is free is given back

}  // namespace selvedge::bench
