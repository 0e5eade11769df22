#include "controller/policy_book.h"

#include <utility>

namespace selvedge {

bool PolicyBook::put(CompiledPolicy policy) {
  const k8s::ObjectKey key = policy.policy.key;
  if (const auto known = policies_.find(key); known != policies_.end()) {
    if (known->second.policy == policy.policy) {
      known->second.problems = std::move(policy.problems);
      return false;
    }
    erase(key);
  }
  const Policy& kept = policies_.emplace(key, std::move(policy)).first->second.policy;
  by_selector_.insert(key.ns, kept.pods, &kept);
  return true;
}

bool PolicyBook::erase(const k8s::ObjectKey& key) {
  const auto known = policies_.find(key);
  if (known == policies_.end()) return false;
  by_selector_.erase(key.ns, known->second.policy.pods, &known->second.policy);
  policies_.erase(known);
  return true;
}

const CompiledPolicy* PolicyBook::find(const k8s::ObjectKey& key) const {
  const auto known = policies_.find(key);
  return known == policies_.end() ? nullptr : &known->second;
}

std::set<k8s::ObjectKey> PolicyBook::selecting(const std::string& ns, const PackedLabels& labels) const {
  std::set<k8s::ObjectKey> keys;
  for (const Policy* policy : by_selector_.candidates(ns, labels)) {
    if (policy->key.ns == ns && matches(policy->pods, labels)) keys.insert(policy->key);
  }
  return keys;
}

}  // namespace selvedge
