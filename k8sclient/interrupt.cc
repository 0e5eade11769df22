#include "k8sclient/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace selvedge::k8s {

Interrupt::Interrupt() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Interrupt::raise() noexcept {
  raised_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is readable already.
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

Wait wait_for(int fd, short events, const Interrupt& interrupt, Deadline deadline) {
  std::array<pollfd, 2> waited{
      {{.fd = interrupt.fd(), .events = POLLIN, .revents = 0}, {.fd = fd, .events = events, .revents = 0}}};
  for (;;) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto timeout = std::clamp<milliseconds::rep>(left.count(), 0, 3'600'000);
    const int ready = ::poll(waited.data(), waited.size(), static_cast<int>(timeout));
    if (waited[0].revents != 0 && ready > 0) return Wait::interrupted;
    if (ready > 0) return Wait::ready;
    if (std::chrono::steady_clock::now() >= deadline) return Wait::timed_out;
  }
}

}  // namespace selvedge::k8s
