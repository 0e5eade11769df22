// The policies as they are now, found by the pods that they select.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "controller/packed_labels.h"
#include "controller/policy.h"
#include "controller/selector_index.h"

namespace selvedge {

// Not thread-safe.
class PolicyBook {
 public:
  using Entry = std::pair<const k8s::ObjectKey, CompiledPolicy>;

  // Whether anything but the problems is another than before.
  bool put(CompiledPolicy policy);
  bool erase(const k8s::ObjectKey& key);

  const CompiledPolicy* find(const k8s::ObjectKey& key) const;  // null: there is none
  std::set<k8s::ObjectKey> selecting(const std::string& ns, const PackedLabels& labels) const;
  const std::map<k8s::ObjectKey, CompiledPolicy>& all() const { return policies_; }

 private:
  std::map<k8s::ObjectKey, CompiledPolicy> policies_;
  SelectorIndex<const Policy*> by_selector_;
};

}  // namespace selvedge
