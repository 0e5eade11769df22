#include "controller/agent/signals.h"

#include <initializer_list>

namespace selvedge::agent {

Signals::Signals() {
  sigemptyset(&awaited_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&awaited_, signal);
  pthread_sigmask(SIG_BLOCK, &awaited_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Signals::next() const {
  int signal = 0;
  while (sigwait(&awaited_, &signal) != 0) {
  }
  return signal;
}

}  // namespace selvedge::agent
