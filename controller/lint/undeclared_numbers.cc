// Numeric ports that no selected pod declares. Declaring ports is not required, so
// that nothing is said where one of the pods declares none at all; but a number that
// is a Service's port, and not where its pods listen, is a mistake (semantics 26).
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

// Who would listen on the ports of this rule; nobody where that can be anyone.
std::vector<PodSet> listeners(const RuleAt& at) {
  if (at.direction == Direction::ingress) return {at.subject->selects()};
  std::vector<PodSet> sets;
  if (at.rule->anyone || !at.rule->blocks.empty()) return sets;
  for (const AllowRule::Pods& peer : at.rule->pods) sets.push_back(peer.set);
  return sets;
}

struct Number {
  k8s::Protocol protocol{};
  std::uint16_t value = 0;
};

std::string text(const Number& port) {
  return std::string(protocol_name(port.protocol)) + " " + std::to_string(port.value);
}

struct Listeners {
  const k8s::Pod* first = nullptr;
  bool all_declare = true;  // some port
  bool one_has_it = false;
  const k8s::Service* service = nullptr;  // whose port it is, and not where its pods listen
};

bool selects(const k8s::Service& service, const k8s::Pod& pod) {
  if (service.selector.empty() || service.meta.ns != pod.meta.ns) return false;
  return std::ranges::all_of(service.selector, [&](const auto& label) {
    const auto found = pod.meta.labels.find(label.first);
    return found != pod.meta.labels.end() && found->second == label.second;
  });
}

bool leads_elsewhere(const k8s::Service& service, const Number& port) {
  return std::ranges::any_of(service.ports, [&](const k8s::ServicePort& one) {
    const auto* target = std::get_if<std::uint16_t>(&one.target);
    return one.number == port.value && one.protocol == port.protocol && (target == nullptr || *target != port.value);
  });
}

class Search {
 public:
  Search(const Scene& scene, const Number& port) : scene_(scene), port_(port) {
    for (const k8s::Service* service : scene.services()) {
      if (leads_elsewhere(*service, port)) services_.push_back(service);
    }
  }

  Listeners among(const std::vector<PodSet>& sets) const {
    Listeners found;
    for (const PodSet& set : sets) {
      scene_.find(set, [&](const k8s::Pod& pod) {
        meet(pod, found);
        return found.one_has_it;
      });
    }
    return found;
  }

 private:
  void meet(const k8s::Pod& pod, Listeners& found) const {
    if (found.first == nullptr) found.first = &pod;
    found.all_declare = found.all_declare && !pod.ports.empty();
    found.one_has_it = found.one_has_it || std::ranges::any_of(pod.ports, [&](const k8s::ContainerPort& port) {
                         return port.number == port_.value && port.protocol == port_.protocol;
                       });
    if (found.service != nullptr) return;
    const auto one = std::ranges::find_if(services_, [&](const auto* service) { return selects(*service, pod); });
    if (one != services_.end()) found.service = *one;
  }

  const Scene& scene_;
  Number port_;
  std::vector<const k8s::Service*> services_;
};

std::optional<Number> number_of(const k8s::PolicyPort& port) {
  const auto* number = std::get_if<std::int64_t>(&port.port);
  if (number == nullptr || *number < 1 || *number > 65535 || port.end_port || !port.understood) return std::nullopt;
  return Number{port.protocol, static_cast<std::uint16_t>(*number)};
}

std::optional<Finding> judge(const RuleAt& at, const Number& port, const std::string& field, const Listeners& found) {
  if (found.first == nullptr || found.one_has_it) return std::nullopt;
  if (found.service != nullptr)
    return Finding{"service-port-instead-of-target", at.subject->policy.key, field,
                   text(port) + " is a port of Service " + k8s::to_string(found.service->meta.key()) +
                       ", whose pods listen on another; packets carry the target port",
                   text(port)};
  if (!found.all_declare) return std::nullopt;
  const char* whose = at.direction == Direction::ingress ? "pod that the policy selects" : "pod among the peers";
  return Finding{"port-not-declared", at.subject->policy.key, field,
                 text(port) + " is declared by no " + whose + ", such as " + name_of(*found.first) +
                     "; maybe nobody listens there",
                 text(port)};
}

}  // namespace

std::vector<Finding> undeclared_numbers(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.rules()) {
    const auto sets = listeners(at);
    if (std::ranges::any_of(sets, [&](const PodSet& set) { return scene.may_hold_more(set); })) continue;
    for (std::size_t i = 0; i < at.written->ports.size(); ++i) {
      const auto port = number_of(at.written->ports[i]);
      if (!port) continue;
      auto finding = judge(at, *port, port_field(at, i) + ".port", Search(scene, *port).among(sets));
      if (finding) findings.push_back(*std::move(finding));
    }
  }
  return findings;
}

}  // namespace selvedge::lint
