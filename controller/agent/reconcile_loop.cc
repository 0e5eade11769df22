#include "controller/agent/reconcile_loop.h"

#include <algorithm>

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds precondition_interval{5};
constexpr std::chrono::seconds heartbeat{1};  // also how old what /readyz says may be

}  // namespace

void reconcile_until_closed(EventQueue& queue, Reconciler& reconciler, Health& health,
                            const Preconditions& preconditions, const Clock& clock) {
  Time check_at = clock();
  while (!queue.closed()) {
    if (clock() >= check_at) {
      reconciler.observe(preconditions());
      check_at = clock() + precondition_interval;
    }
    reconciler.look();
    reconciler.settle();
    health.beat(clock(), reconciler.readiness());
    const Time beat_at = clock() + heartbeat;
    const std::size_t enough = reconciler.listing() ? EventQueue::handful : 1;
    for (auto& event : queue.take(std::min(reconciler.wake().value_or(beat_at), beat_at), enough))
      reconciler.take(std::move(event));
  }
}

}  // namespace selvedge::agent
