#include "controller/meaning/audit.h"

namespace selvedge::meaning {

bool is_audited(const k8s::Pod& pod, const k8s::Namespace* ns, const std::set<std::string>& by_setting) {
  if (!pod.understood) return false;
  const bool named = by_setting.count(pod.meta.ns) > 0;
  if (ns == nullptr) return named;
  if (!ns->understood) return false;
  const auto mode = ns->meta.labels.find("selvedge.io/mode");
  return mode == ns->meta.labels.end() ? named : mode->second == "audit";
}

}  // namespace selvedge::meaning
