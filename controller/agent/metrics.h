// What /metrics tells of the daemon. docs/metrics.md says what each figure means.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

namespace selvedge::agent {

// All members may be used from any thread.
class Metrics {
 private:
  prometheus::Registry registry_;

 public:
  prometheus::Counter& repairs;
  prometheus::Counter& failed_writes;
  prometheus::Gauge& refused_policies;
  prometheus::Counter& connections_cut;
  prometheus::Gauge& cutting_fails;
  prometheus::Gauge& audited_pods;
  prometheus::Gauge& unbound_ports;

  Metrics();
  std::string text() const;  // in Prometheus' text format 0.0.4
};

}  // namespace selvedge::agent
