#include "controller/agent/metrics.h"

#include <prometheus/text_serializer.h>

namespace selvedge::agent {
namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
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
                          "Ports of the pod bridge that no known pod's addresses are bound to.")) {}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace selvedge::agent
