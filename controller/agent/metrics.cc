#include "controller/agent/metrics.h"

#include <prometheus/text_serializer.h>

#include <utility>

#include "controller/agent/counter_figures.h"
#include "controller/agent/process_figures.h"

namespace selvedge::agent {
namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

// From a tenth of a millisecond to what counts as stuck.
prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  static const prometheus::Histogram::BucketBoundaries seconds{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, seconds);
}

std::map<k8s::Kind, prometheus::Gauge*> by_watch(prometheus::Registry& registry, const char* name, const char* help) {
  std::map<k8s::Kind, prometheus::Gauge*> gauges;
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  for (const auto kind : {k8s::Kind::pod, k8s::Kind::ns, k8s::Kind::node, k8s::Kind::network_policy})
    gauges[kind] = &family.Add({{"kind", std::string(k8s::to_string(kind))}});
  return gauges;
}

}  // namespace

Metrics::Metrics()
    : repairs(counter(registry_, "selvedge_table_repairs_total",
                      "How often the table was restored because somebody else had changed it.")),
      failed_writes(counter(registry_, "selvedge_table_write_failures_total",
                            "How often the kernel's table could not be read or written.")),
      refused_policies(
          gauge(registry_, "selvedge_refused_policies", "Policies that the kernel refuses; each allows nothing.")),
      connections_cut(counter(registry_, "selvedge_connections_cut_total",
                              "Connections that were ended because the rules forbid them now, or their pod is gone.")),
      cutting_fails(gauge(registry_, "selvedge_cutting_fails",
                          "1: connections that the rules forbid now are not cut, and /readyz says why.")),
      audited_pods(gauge(registry_, "selvedge_audited_pods",
                         "Isolated pods of this node whose denials are only told, as their namespace is audited.")),
      unbound_ports(gauge(registry_, "selvedge_unbound_ports",
                          "Ports of the pod bridge that no known pod's addresses are bound to.")),
      programmed_pods(gauge(registry_, "selvedge_programmed_pods",
                            "Pods of this node that have an address and whose rules the kernel holds.")),
      isolated_pods(gauge(registry_, "selvedge_isolated_pods", "Of these, those isolated in either direction.")),
      rules(gauge(registry_, "selvedge_rules", "Rules in the kernel's table.")),
      set_elements(gauge(registry_, "selvedge_set_elements", "Addresses, blocks and ports in its sets.")),
      fail_closed_objects(gauge(registry_, "selvedge_fail_closed_objects",
                                "Objects of which something was not understood, so that it allows nothing.")),
      last_sync(gauge(registry_, "selvedge_last_sync_timestamp_seconds",
                      "When the rules were last known to be what the API server says.")),
      apply(histogram(registry_, "selvedge_apply_seconds", "How long a change of the kernel's table took.")),
      event_to_kernel(histogram(registry_, "selvedge_event_to_kernel_seconds",
                                "From an event's arrival until the kernel holds what follows from it.")),
      watch_up(by_watch(registry_, "selvedge_watch_up", "1: this watch has synced and is not in trouble.")),
      watch_lag(by_watch(registry_, "selvedge_watch_lag_seconds", "For how long this watch has been in trouble.")) {}

void Metrics::set_counts(nft::Counts counts) {
  const std::lock_guard lock(mutex_);
  counts_ = std::move(counts);
}

std::string Metrics::text() const {
  auto families = registry_.Collect();
  {
    const std::lock_guard lock(mutex_);
    for (auto& family : counter_figures(counts_)) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families) + process_figures();
}

}  // namespace selvedge::agent
