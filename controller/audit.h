// Which namespaces are audited: what policies deny to pods there is counted and told, and passes all the same, so that
// a policy can be tried where it matters.
//
// By the label selvedge.io/mode of the Namespace (audit, or enforce), else by the setting. What cannot be understood is
// no reason to open anything: another value of the label, or a Namespace whose labels are malformed, is enforced.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge {

inline constexpr std::string_view mode_label = "selvedge.io/mode";

// Not thread-safe.
class Audit {
 public:
  explicit Audit(std::set<std::string> by_setting) : by_setting_(std::move(by_setting)) {}

  // Both tell whether the namespace is audited now and was not before, or the reverse.
  bool upsert(const k8s::Namespace& ns);
  bool erase(const std::string& ns);

  bool holds(const std::string& ns) const;
  std::vector<k8s::Problem> problems() const;  // labels of another value

 private:
  std::set<std::string> by_setting_;
  std::map<std::string, bool> by_label_;         // of namespaces that have the label, or unreadable ones
  std::map<std::string, std::string> no_modes_;  // values of the label that are none, by namespace
};

}  // namespace selvedge
