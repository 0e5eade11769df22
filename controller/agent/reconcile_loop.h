// The daemon's one busy thread: events in bursts to the reconciler, readiness out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controller/agent/event_queue.h"
#include "controller/agent/health.h"
#include "controller/agent/reconciler.h"

namespace selvedge::agent {

using Preconditions = std::function<std::vector<std::string>()>;

// Runs until the queue is closed. A write begins at once when the thread is idle; what arrives during a
// commit goes into the next. After the queue is closed no write begins.
void reconcile_until_closed(EventQueue& queue, Reconciler& reconciler, Health& health,
                            const Preconditions& preconditions, const Clock& clock);

}  // namespace selvedge::agent
