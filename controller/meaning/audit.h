// Whether what policies deny a pod is only told: its namespace is audited, by its label or by the setting.
#pragma once

#include <set>
#include <string>

#include "k8sclient/types.h"

namespace selvedge::meaning {

// `ns`: the pod's; null: it is not known, so its label is none. `by_setting`: namespaces named to the daemon, where the
// label selvedge.io/mode does not say otherwise. Whatever is odd opens nothing.
bool is_audited(const k8s::Pod& pod, const k8s::Namespace* ns, const std::set<std::string>& by_setting);

}  // namespace selvedge::meaning
