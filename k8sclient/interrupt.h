// Waiting that another thread can end. Every wait of the client (name look-up,
// connect, handshake, read, a credential plugin) polls this beside its own
// descriptor; so nothing has to be closed or shut down under a thread that uses it.
#pragma once

#include <atomic>
#include <chrono>

#include "k8sclient/fd.h"

namespace selvedge::k8s {

using Deadline = std::chrono::steady_clock::time_point;

// Once raised it stays raised. raise() may be called from any thread and from a signal's handler.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise() noexcept;
  bool raised() const { return raised_.load(std::memory_order_acquire); }  // cheap: asked for every read
  bool usable() const { return static_cast<bool>(event_); }                // false: no descriptor was left for it
  int fd() const { return event_.get(); }                                  // readable once raised

 private:
  Fd event_;
  std::atomic<bool> raised_ = false;
};

enum class Wait { ready, timed_out, interrupted };

// Until `fd` has one of poll(2)'s `events` (or an error), whichever comes first.
Wait wait_for(int fd, short events, const Interrupt& interrupt, Deadline deadline);

}  // namespace selvedge::k8s
