// A policy whose own podSelector, types or spec cannot be understood could have meant any pod of its
// namespace: it isolates them all in both directions, and allows nothing (R9).
#include "controller/meaning/policies.h"

#include <cstddef>

#include "controller/meaning/labels.h"

namespace selvedge::meaning {
namespace {

std::vector<RuleReading> read_rules(const std::vector<k8s::PolicyRule>& rules) {
  std::vector<RuleReading> read;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].understood) continue;
    RuleReading rule{.index = i};
    for (const auto& peer : rules[i].peers) rule.peers.push_back(read_peer(peer));
    for (const auto& port : rules[i].ports) rule.ports.push_back(read_port(port));
    read.push_back(std::move(rule));
  }
  return read;
}

// The elements of `from` or `to` that stand for `other`: their index, or one without a value for "anyone".
std::vector<std::optional<std::size_t>> peers_of(const RuleReading& rule, const std::string& ns,
                                                 const OtherEnd& other) {
  if (rule.peers.empty()) return {std::nullopt};
  std::vector<std::optional<std::size_t>> found;
  for (std::size_t i = 0; i < rule.peers.size(); ++i) {
    if (rule.peers[i] && stands_for(*rule.peers[i], ns, other)) found.emplace_back(i);
  }
  return found;
}

// `grant` once for each port that the rule opens at `receiver`.
std::vector<Grant> for_each_port(const RuleReading& rule, const Grant& grant, const k8s::Pod* receiver) {
  if (rule.ports.empty()) return {grant};
  std::vector<Grant> grants;
  for (std::size_t i = 0; i < rule.ports.size(); ++i) {
    if (!rule.ports[i]) continue;
    for (const auto& ports : ports_at(*rule.ports[i], receiver)) {
      Grant with_port = grant;
      with_port.port = i;
      with_port.protocol = number_of(rule.ports[i]->protocol);
      with_port.ports = ports;
      grants.push_back(std::move(with_port));
    }
  }
  return grants;
}

}  // namespace

PolicyReading read_policy(const k8s::NetworkPolicy& policy) {
  if (!policy.understood || !is_valid(policy.pod_selector)) {
    return {.key = policy.meta.key(), .isolates_ingress = true, .isolates_egress = true};
  }
  return {.key = policy.meta.key(),
          .pods = policy.pod_selector,
          .isolates_ingress = policy.ingress_isolates,
          .isolates_egress = policy.egress_isolates,
          .ingress = read_rules(policy.ingress),
          .egress = read_rules(policy.egress)};
}

bool selects(const PolicyReading& policy, const k8s::Pod& pod) {
  return policy.key.ns == pod.meta.ns && (!policy.pods || matches(*policy.pods, pod.meta.labels));
}

std::vector<Grant> grants_of(const PolicyReading& policy, const k8s::Pod& pod, Direction direction,
                             const OtherEnd& other) {
  const k8s::Pod* receiver = direction == Direction::ingress ? &pod : other.pod;
  std::vector<Grant> grants;
  for (const auto& rule : direction == Direction::ingress ? policy.ingress : policy.egress) {
    for (const auto& peer : peers_of(rule, policy.key.ns, other)) {
      const Grant grant{.policy = policy.key, .direction = direction, .rule = rule.index, .peer = peer};
      for (auto& with_port : for_each_port(rule, grant, receiver)) grants.push_back(std::move(with_port));
    }
  }
  return grants;
}

}  // namespace selvedge::meaning
