#include "controller/agent/reconcile_loop.h"

#include <algorithm>

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds heartbeat{1};  // also how old what /readyz says may be
// While flanneld has yet to write the file that tells its pod ranges: its first pod is slower. The Node may have told
// of others.
constexpr std::chrono::milliseconds guard_haste{100};

// After the rules of policies, which nobody waits for twice.
void settle(PortRules& ports, const Reconciler& reconciler) {
  ports.observe();
  if (reconciler.in_force() && ports.is_due(reconciler.pod_events()))
    ports.settle(reconciler.pod_addresses(), reconciler.pod_ranges());
}

Readiness readiness_of(const Reconciler& reconciler, const PortRules* ports) {
  Readiness readiness = reconciler.readiness();
  if (ports != nullptr && !ports->fault().empty())
    readiness.warnings.push_back("a pod with CAP_NET_RAW may borrow another's address: " + ports->fault());
  return readiness;
}

}  // namespace

void reconcile_until_closed(EventQueue& queue, Reconciler& reconciler, Health& health, const Survey& survey,
                            const Clock& clock, Admissions* admissions, PortRules* ports, DenialSide* denials) {
  Time survey_at = clock();
  while (!queue.closed()) {
    if (clock() >= survey_at) {
      reconciler.observe(survey());
      const bool haste = reconciler.listing() && !reconciler.knows_flannels_ranges();
      survey_at = clock() + (haste ? Time::duration(guard_haste) : Time::duration(heartbeat));
    }
    reconciler.look();
    const bool sandbox_came = admissions && admissions->take();
    reconciler.settle();
    if (ports && sandbox_came) ports->look_now();
    if (ports) settle(*ports, reconciler);
    if (admissions) admissions->answer();
    if (denials) denials->name([&](DenialCase denial) { return reconciler.named(std::move(denial)); });
    health.beat(clock(), readiness_of(reconciler, ports));
    Time beat_at = std::min(clock() + heartbeat, survey_at);
    if (ports) beat_at = std::min(beat_at, ports->wake());
    const std::size_t enough = reconciler.listing() ? EventQueue::handful : 1;
    for (auto& event : queue.take(std::min(reconciler.wake().value_or(beat_at), beat_at), enough))
      reconciler.take(std::move(event));
  }
}

}  // namespace selvedge::agent
