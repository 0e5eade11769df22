// What the reconciler tells of itself besides readiness: figures for /metrics, and names for denied packets.
#include <utility>

#include "controller/agent/reconciler.h"

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds counts_interval{10};

}  // namespace

// Of events that come while rules are in force; the first of a burst counts.
void Reconciler::note_event() {
  if (begun_ && !waiting_since_) waiting_since_ = clock_();
}

void Reconciler::measure(Time started) {
  const Time now = clock_();
  metrics_.apply.Observe(std::chrono::duration<double>(now - started).count());
  if (const auto since = std::exchange(waiting_since_, std::nullopt))
    metrics_.event_to_kernel.Observe(std::chrono::duration<double>(now - *since).count());
}

// Each second, never per event.
void Reconciler::set_figures() {
  watches_.set(metrics_, clock_());
  metrics_.fail_closed_objects.Set(static_cast<double>(problems_.closed_objects()));
  if (!in_force()) return;
  std::size_t rules = 0;
  for (const auto& [name, chain] : programmed_.outline().chains) rules += chain.rules.size();
  metrics_.rules.Set(static_cast<double>(rules));
  metrics_.set_elements.Set(static_cast<double>(programmed_.set_elements()));
  metrics_.programmed_pods.Set(static_cast<double>(core_.local_pods()));
  metrics_.isolated_pods.Set(static_cast<double>(core_.isolated_pods()));
  if (in_contact()) metrics_.last_sync.SetToCurrentTime();
  read_counts();
}

// As often as Prometheus asks: one dump of a few hundred objects.
void Reconciler::read_counts() {
  if (clock_() < counts_at_) return;
  counts_at_ = clock_() + counts_interval;
  auto counts = backend_.counts(settings_.table);
  if (counts && *counts) metrics_.set_counts(**std::move(counts));
}

// The pod by its address; one that is gone, or whose address another one has, by the name in the rule.
DenialCase Reconciler::named(DenialCase denial) const {
  const std::string& rule = denial.kind.pod;
  const auto slash = rule.find('/');
  if (slash != std::string::npos) denial.pod = k8s::ObjectKey{rule.substr(0, slash), rule.substr(slash + 1)};
  const auto owner = core_.owner(denial.kind.own);
  if (owner && denial.pod && k8s::to_string(*owner).starts_with(rule)) denial.pod = owner;
  if (denial.pod) denial.uid = core_.uid_of(*denial.pod);
  if (denial.pod && denial.kind.direction) denial.isolated_by = core_.isolating(*denial.pod, *denial.kind.direction);
  const auto peer = core_.owner(denial.kind.peer);
  denial.peer = peer ? k8s::to_string(*peer) : nft::to_string(denial.kind.peer);
  return denial;
}

}  // namespace selvedge::agent
