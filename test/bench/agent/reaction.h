// How soon an event that the server sends is in the kernel, one at a time, per kind of event.
#pragma once

#include "test/bench/agent/world.h"

namespace selvedge::bench {

void measure_reaction(World& world, const Plan& plan);

}  // namespace selvedge::bench
