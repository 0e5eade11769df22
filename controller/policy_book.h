// The policies as they are now, found by the pods that they select. One that the
// kernel refused is held as it is applied: it isolates and allows nothing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/packed_labels.h"
#include "controller/policy.h"
#include "controller/selector_index.h"

namespace selvedge {

// Not thread-safe.
class PolicyBook {
 public:
  // Each tells whether what is applied is another than before.
  bool put(CompiledPolicy policy);
  bool erase(const k8s::ObjectKey& key);
  bool refuse(const k8s::ObjectKey& key, const std::string& why);  // also one that is not there yet
  bool readmit(const k8s::ObjectKey& key);

  const CompiledPolicy* find(const k8s::ObjectKey& key) const;  // null: there is none
  std::optional<Policy> policy(const k8s::ObjectKey& key) const;
  std::set<k8s::ObjectKey> selecting(const std::string& ns, const LabelsView& labels) const;
  const std::map<k8s::ObjectKey, CompiledPolicy>& all() const { return policies_; }

  std::vector<k8s::Problem> problems() const;  // in no order

 private:
  struct Refusal {
    std::string why;
    std::optional<CompiledPolicy> as_given;  // none: there is no such policy
  };
  bool apply(CompiledPolicy policy);

  std::map<k8s::ObjectKey, CompiledPolicy> policies_;  // as applied
  std::map<k8s::ObjectKey, Refusal> refused_;
  SelectorIndex<const Policy*> by_selector_;
};

}  // namespace selvedge
