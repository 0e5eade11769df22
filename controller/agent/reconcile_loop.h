// The daemon's one busy thread: events in bursts to the reconciler, readiness out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controller/agent/admissions.h"
#include "controller/agent/denial_side.h"
#include "controller/agent/event_queue.h"
#include "controller/agent/health.h"
#include "controller/agent/port_rules.h"
#include "controller/agent/reconciler.h"

namespace selvedge::agent {

using Survey = std::function<Surroundings()>;

// Runs until the queue is closed. A write begins at once when the thread is idle; what arrives during a
// commit goes into the next. After the queue is closed no write begins. Without the CNI plugin there are no
// admissions, without spoof protection no rules of ports, and while nobody is to be told of denials none are named.
void reconcile_until_closed(EventQueue& queue, Reconciler& reconciler, Health& health, const Survey& survey,
                            const Clock& clock, Admissions* admissions = nullptr, PortRules* ports = nullptr,
                            DenialSide* denials = nullptr);

}  // namespace selvedge::agent
