#include "test/fuzz/objects.h"

#include <algorithm>
#include <string>

#include "test/fuzz/fuzz.h"

namespace selvedge::fuzz {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::string_view("-._").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool understood(const k8s::LabelSelector& selector) {
  return selector.understood;
}
bool understood(const k8s::Peer& peer) {
  return peer.understood;
}

// All parts of a policy, so that none that was given up is without a word.
bool all_understood(const k8s::PolicyRule& rule) {
  return rule.understood &&
         std::all_of(rule.peers.begin(), rule.peers.end(), [](const auto& peer) { return understood(peer); }) &&
         std::all_of(rule.ports.begin(), rule.ports.end(), [](const auto& port) { return port.understood; });
}
bool all_understood(const k8s::NetworkPolicy& policy) {
  const auto whole = [](const auto& rules) {
    return std::all_of(rules.begin(), rules.end(), [](const auto& rule) { return all_understood(rule); });
  };
  return policy.understood && understood(policy.pod_selector) && whole(policy.ingress) && whole(policy.egress);
}
bool all_understood(const k8s::Pod& pod) {
  return pod.understood;
}
bool all_understood(const k8s::Namespace& ns) {
  return ns.understood;
}
bool all_understood(const k8s::Node&) {
  return true;
}
bool all_understood(const k8s::Workload& workload) {
  return workload.pod.understood;
}

bool all_understood(const k8s::Service&) {
  return true;  // nothing rests on it
}

void expect_closed(const k8s::Object& object) {
  const auto* policy = std::get_if<k8s::NetworkPolicy>(&object);
  if (policy == nullptr) return;
  require(policy->ingress_isolates || policy->egress_isolates, "a policy isolates nothing");
  if (policy->understood) return;
  require(policy->ingress.empty() && policy->egress.empty(), "a policy that was not understood allows something");
  require(policy->ingress_isolates && policy->egress_isolates, "a policy that was not understood leaves a direction");
  require(policy->pod_selector == k8s::LabelSelector{}, "a policy that was not understood leaves pods out");
}

void expect_one_line(const k8s::Problem& problem, const k8s::Meta& meta) {
  require(problem.object == meta.key(), "a problem names another object");
  require(!problem.message.empty(), "a problem says nothing");
  const std::string text = to_string(problem);
  require(
      std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
      "a problem has control characters: " + text);
}

}  // namespace

void expect_honest(const k8s::Decoded& decoded) {
  const k8s::Meta& meta = meta_of(decoded.object);
  require(is_name(meta.name) && (meta.ns.empty() || is_name(meta.ns)), "a name is none: " + to_string(meta.key()));
  for (const k8s::Problem& problem : decoded.problems) expect_one_line(problem, meta);
  require(decoded.problems.size() <= 101, "the problems have no bound");
  const bool closed = std::any_of(decoded.problems.begin(), decoded.problems.end(),
                                  [](const k8s::Problem& problem) { return problem.closed; });
  const bool whole = std::visit([](const auto& object) { return all_understood(object); }, decoded.object);
  require(whole || closed, "something was given up without a word");
  expect_closed(decoded.object);
}

}  // namespace selvedge::fuzz
