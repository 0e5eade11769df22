#include "controller/audit.h"

namespace selvedge {

bool Audit::upsert(const k8s::Namespace& ns) {
  const std::string& name = ns.meta.name;
  const bool before = holds(name);
  by_label_.erase(name);
  no_modes_.erase(name);
  const auto label = ns.meta.labels.find(std::string(mode_label));
  if (!ns.understood) {
    by_label_[name] = false;
  } else if (label != ns.meta.labels.end()) {
    by_label_[name] = label->second == "audit";
    if (label->second != "audit" && label->second != "enforce") no_modes_[name] = label->second;
  }
  return holds(name) != before;
}

bool Audit::erase(const std::string& ns) {
  const bool before = holds(ns);
  by_label_.erase(ns);
  no_modes_.erase(ns);
  return holds(ns) != before;
}

bool Audit::holds(const std::string& ns) const {
  const auto label = by_label_.find(ns);
  return label != by_label_.end() ? label->second : by_setting_.contains(ns);
}

std::vector<k8s::Problem> Audit::problems() const {
  std::vector<k8s::Problem> all;
  for (const auto& [ns, value] : no_modes_)
    all.push_back({.kind = k8s::Kind::ns,
                   .object = {"", ns},
                   .field = "metadata.labels[" + std::string(mode_label) + "]",
                   .message = "\"" + value + "\" is neither audit nor enforce; policies are enforced there",
                   .closed = false});
  return all;
}

}  // namespace selvedge
