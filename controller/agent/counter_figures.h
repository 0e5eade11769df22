// What the table's named counters have counted, as /metrics tells it. They are the kernel's: they outlive the daemon.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "nft/backend.h"

namespace selvedge::agent {

// Always the same families; a line for each pod of this node that is isolated in a direction, and for each direction
// of a policy that selects one. Of several counters of one name (a pod that was made anew, names that were cut) the
// sum.
std::vector<prometheus::MetricFamily> counter_figures(const nft::Counts& counts);

}  // namespace selvedge::agent
