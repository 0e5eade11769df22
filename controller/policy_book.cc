#include "controller/policy_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace selvedge {
namespace {

CompiledPolicy closed(CompiledPolicy policy, const std::string& why) {
  policy.policy.ingress.rules.clear();
  policy.policy.egress.rules.clear();
  policy.problems.push_back({.kind = k8s::Kind::network_policy,
                             .object = policy.policy.key,
                             .field = "spec",
                             .message = "the kernel refuses its rules, so it allows nothing: " + why,
                             .closed = true});
  return policy;
}

}  // namespace

bool PolicyBook::put(CompiledPolicy policy) {
  const auto refusal = refused_.find(policy.policy.key);
  if (refusal == refused_.end()) return apply(std::move(policy));
  refusal->second.as_given = policy;
  return apply(closed(std::move(policy), refusal->second.why));
}

bool PolicyBook::apply(CompiledPolicy policy) {
  const k8s::ObjectKey key = policy.policy.key;
  if (const auto known = policies_.find(key); known != policies_.end()) {
    if (known->second.policy == policy.policy) {
      known->second.problems = std::move(policy.problems);
      return false;
    }
    by_selector_.erase(key.ns, known->second.policy.pods, &known->second.policy);
    policies_.erase(known);
  }
  const Policy& kept = policies_.emplace(key, std::move(policy)).first->second.policy;
  by_selector_.insert(key.ns, kept.pods, &kept);
  return true;
}

bool PolicyBook::erase(const k8s::ObjectKey& key) {
  if (const auto refusal = refused_.find(key); refusal != refused_.end()) refusal->second.as_given.reset();
  const auto known = policies_.find(key);
  if (known == policies_.end()) return false;
  by_selector_.erase(key.ns, known->second.policy.pods, &known->second.policy);
  policies_.erase(known);
  return true;
}

bool PolicyBook::refuse(const k8s::ObjectKey& key, const std::string& why) {
  const auto [refusal, is_new] = refused_.try_emplace(key);
  refusal->second.why = why;
  if (const auto* known = find(key); known && is_new) refusal->second.as_given = *known;
  return refusal->second.as_given && apply(closed(*refusal->second.as_given, why));
}

bool PolicyBook::readmit(const k8s::ObjectKey& key) {
  auto refusal = refused_.extract(key);
  return refusal && refusal.mapped().as_given && apply(*std::move(refusal.mapped().as_given));
}

const CompiledPolicy* PolicyBook::find(const k8s::ObjectKey& key) const {
  const auto known = policies_.find(key);
  return known == policies_.end() ? nullptr : &known->second;
}

std::optional<Policy> PolicyBook::policy(const k8s::ObjectKey& key) const {
  const CompiledPolicy* known = find(key);
  return known ? std::optional(known->policy) : std::nullopt;
}

std::set<k8s::ObjectKey> PolicyBook::selecting(const std::string& ns, const LabelsView& labels) const {
  std::set<k8s::ObjectKey> keys;
  for (const Policy* policy : by_selector_.candidates(ns, labels)) {
    if (policy->key.ns == ns && matches(policy->pods, labels)) keys.insert(policy->key);
  }
  return keys;
}

std::vector<k8s::Problem> PolicyBook::problems() const {
  std::vector<k8s::Problem> all;
  for (const auto& [key, policy] : policies_) std::ranges::copy(policy.problems, std::back_inserter(all));
  return all;
}

}  // namespace selvedge
