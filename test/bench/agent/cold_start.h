// From exec to rules in force: time, CPU, memory; beside curl that fetches the same bytes to nowhere, and beside the
// bare load of the same table.
#pragma once

#include "test/bench/agent/world.h"

namespace selvedge::bench {

void measure_cold_start(World& world, const Plan& plan);

}  // namespace selvedge::bench
