// Named ports that nobody declares: of ingress on the pods that the policy
// selects, of egress on the pods that the rule's peers are (semantics 30, 31).
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

// The pods on which a named port of this rule is looked up.
std::vector<PodSet> declarers(const RuleAt& at) {
  if (at.direction == Direction::ingress) return {at.subject->selects()};
  if (at.rule->anyone || !at.rule->blocks.empty()) return {{.ns = "", .namespaces = {}, .pods = {}}};
  std::vector<PodSet> sets;
  for (const AllowRule::Pods& peer : at.rule->pods) sets.push_back(peer.set);
  return sets;
}

const k8s::Pod* find_in(const Scene& scene, const std::vector<PodSet>& sets, const Scene::Condition& condition) {
  for (const PodSet& set : sets) {
    if (const auto* pod = scene.find(set, condition)) return pod;
  }
  return nullptr;
}

Scene::Condition declares(const std::string& name, std::optional<k8s::Protocol> protocol) {
  return [name, protocol](const k8s::Pod& pod) {
    return std::ranges::any_of(pod.ports, [&](const k8s::ContainerPort& port) {
      return port.name == name && (!protocol || port.protocol == *protocol);
    });
  };
}

// What follows the value, if nobody declares the port; empty if somebody does, or if there is nobody.
std::string complaint(const Scene& scene, const RuleAt& at, const NamedPort& port) {
  const auto sets = declarers(at);
  const std::string whose = at.direction == Direction::ingress ? "pod that the policy selects" : "pod among the peers";
  if (find_in(scene, sets, declares(port.name, port.protocol)) != nullptr) return {};
  if (std::ranges::any_of(sets, [&](const PodSet& set) { return scene.may_hold_more(set); })) return {};
  if (find_in(scene, sets, [](const k8s::Pod&) { return true; }) == nullptr) return {};
  std::string text = " is declared for " + std::string(protocol_name(port.protocol)) + " by no " + whose;
  if (const auto* pod = find_in(scene, sets, declares(port.name, std::nullopt)))
    text += " (" + name_of(*pod) + " has it for another protocol)";
  return text + "; the port matches nothing now";
}

}  // namespace

std::vector<Finding> undeclared_ports(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.rules()) {
    for (std::size_t i = 0; i < at.written->ports.size(); ++i) {
      const k8s::PolicyPort& port = at.written->ports[i];
      const auto* name = std::get_if<std::string>(&port.port);
      if (name == nullptr || !at.rule->ports.named.contains({port.protocol, *name})) continue;
      const std::string text = complaint(scene, at, {port.protocol, *name});
      if (text.empty()) continue;
      findings.push_back({"named-port-undeclared", at.subject->policy.key, port_field(at, i) + ".port",
                          quoted(*name) + text, *name + text});
    }
  }
  return findings;
}

}  // namespace selvedge::lint
