// Pods that come, change and go at a given rate, whether the daemon keeps up or not.
#pragma once

#include "test/bench/agent/world.h"

namespace selvedge::bench {

void measure_churn(World& world, const Plan& plan);

}  // namespace selvedge::bench
