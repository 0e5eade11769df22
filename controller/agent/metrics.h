// What /metrics tells of the daemon. docs/metrics.md says what each figure means.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <string>

#include "k8sclient/types.h"
#include "nft/backend.h"

namespace selvedge::agent {

// All members may be used from any thread.
class Metrics {
 private:
  prometheus::Registry registry_;
  mutable std::mutex mutex_;
  nft::Counts counts_;  // of the kernel; under mutex_

 public:
  prometheus::Counter& repairs;
  prometheus::Counter& failed_writes;
  prometheus::Gauge& refused_policies;
  prometheus::Counter& connections_cut;
  prometheus::Gauge& cutting_fails;
  prometheus::Gauge& audited_pods;
  prometheus::Gauge& unbound_ports;
  prometheus::Gauge& programmed_pods;
  prometheus::Gauge& isolated_pods;
  prometheus::Gauge& rules;
  prometheus::Gauge& set_elements;
  prometheus::Gauge& fail_closed_objects;
  prometheus::Gauge& last_sync;  // seconds since 1970
  prometheus::Histogram& apply;  // seconds
  prometheus::Histogram& event_to_kernel;
  std::map<k8s::Kind, prometheus::Gauge*> watch_up;  // of the four kinds
  std::map<k8s::Kind, prometheus::Gauge*> watch_lag;

  Metrics();
  void set_counts(nft::Counts counts);  // of the table's named counters
  std::string text() const;             // in Prometheus' text format 0.0.4
};

}  // namespace selvedge::agent
