// Signals as something to wait for.
#pragma once

#include <csignal>

namespace selvedge::agent {

// Blocks TERM, INT and HUP in the calling thread, and in those that it starts from then on, and ignores
// PIPE: to be called before any other thread runs.
class Signals {
 public:
  Signals();
  int next() const;  // waits; SIGTERM, SIGINT or SIGHUP

 private:
  sigset_t awaited_{};
};

}  // namespace selvedge::agent
