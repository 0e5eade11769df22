#include "controller/rule_chains.h"

#include <utility>
#include <variant>

#include "controller/names.h"

namespace selvedge {

void RuleChains::claim(const std::string& name, ChainOwner owner) {
  owners_.insert_or_assign(name, std::move(owner));
  stale_.insert(name);
}

void RuleChains::drop(const std::string& name) {
  owners_.erase(name);
  stale_.insert(name);
}

void RuleChains::set_base(Node node) {
  if (base_for_ == node) return;
  for (const auto& [name, chain] : base_) stale_.insert(name);
  base_ = base_chains(node);
  base_for_ = std::move(node);
  for (const auto& [name, chain] : base_) stale_.insert(name);
}

void RuleChains::stop_logging() {
  of_pods_.log.reset();
  for (const auto& [name, owner] : owners_) stale_.insert(name);
}

void RuleChains::take_changes(std::set<nft::Family> families, nft::Changes& changes) {
  if (families != families_) {
    families_ = std::move(families);
    for (const auto& [name, owner] : owners_) stale_.insert(name);
  }
  for (const std::string& name : std::exchange(stale_, {})) handed_out_.put(name, body(name), changes);
}

std::optional<nft::Chain> RuleChains::body(const std::string& name) const {
  if (const auto owner = owners_.find(name); owner != owners_.end())
    return std::visit([this](const auto& rules) { return render(rules); }, owner->second);
  if (const auto base = base_.find(name); base != base_.end()) return base->second;
  return std::nullopt;
}

nft::Chain RuleChains::render(const PodRules& rules) const {
  const Endpoint& endpoint = endpoints_.at(rules.pod);
  PodChain pod{.direction = rules.direction,
               .own_node_open = of_pods_.own_node_open,
               .audited = endpoint.audited,
               .log = of_pods_.log,
               .name = pod_chain_name(rules.direction, rules.pod, endpoint.uid),
               .addresses = endpoint.own_addresses(),
               .counter = endpoint.audited ? audit_counter_name(rules.direction, rules.pod, endpoint.uid)
                                           : deny_counter_name(rules.direction, rules.pod, endpoint.uid),
               .policy_chains = {}};
  for (const k8s::ObjectKey& policy : endpoint.policies) {
    if (!policies_.find(policy)->policy.in(rules.direction).isolates) continue;
    pod.policy_chains.push_back(policy_chain_name(rules.direction, policy));
  }
  // A pod that was not understood allows nothing, whatever policies select it (R9).
  if (!endpoint.understood) pod.policy_chains.clear();
  return pod_chain(pod);
}

nft::Chain RuleChains::render(const PolicyRules& rules) const {
  return policy_chain(policies_.find(rules.policy)->policy, rules.direction, families_);
}

}  // namespace selvedge
