// Numeric ports that no selected pod declares. Declaring ports is not required, so
// that nothing is said where one of the pods declares none at all; but a number that
// is a Service's port, and not where its pods listen, is a mistake (semantics 26).
#include <algorithm>
#include <map>
#include <optional>
#include <set>

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

using Number = std::pair<k8s::Protocol, std::uint16_t>;

std::string text(const Number& port) {
  return std::string(protocol_name(port.first)) + " " + std::to_string(port.second);
}

bool selects(const k8s::Service& service, const k8s::Pod& pod) {
  if (service.selector.empty()) return false;
  return std::ranges::all_of(service.selector, [&](const auto& label) {
    const auto found = pod.meta.labels.find(label.first);
    return found != pod.meta.labels.end() && found->second == label.second;
  });
}

struct Declared {
  const k8s::Pod* first = nullptr;  // none: the set is empty
  bool by_all = true;               // every pod declares some port
  std::set<Number> ports;
};

// Asked once for each set of pods, which many rules share, and each port.
class Declarations {
 public:
  explicit Declarations(const Scene& scene) : scene_(scene) {
    for (const k8s::Service* service : scene.services()) {
      for (const k8s::ServicePort& port : service->ports) {
        const auto* target = std::get_if<std::uint16_t>(&port.target);
        if (target == nullptr || *target != port.number)
          leading_elsewhere_[{port.protocol, port.number}][service->meta.ns].push_back(service);
      }
    }
  }

  const Declared& of(const PodSet& set) {
    const auto [known, fresh] = known_.try_emplace(set);
    if (fresh) known->second = look(set);
    return known->second;
  }

  // A Service with this port, some pods of the set behind it, and they listen elsewhere.
  const k8s::Service* service_of(const PodSet& set, const Number& port) {
    const auto services = leading_elsewhere_.find(port);
    if (services == leading_elsewhere_.end()) return nullptr;
    const auto known = services_.find({set, port});
    if (known != services_.end()) return known->second;
    const k8s::Service* found = nullptr;
    scene_.find(set, [&](const k8s::Pod& pod) {
      found = first_before(pod, services->second);
      return found != nullptr;
    });
    return services_[{set, port}] = found;
  }

 private:
  using Services = std::map<std::string, std::vector<const k8s::Service*>>;  // by namespace

  static const k8s::Service* first_before(const k8s::Pod& pod, const Services& services) {
    const auto here = services.find(pod.meta.ns);
    if (here == services.end()) return nullptr;
    const auto one = std::ranges::find_if(here->second, [&](const auto* service) { return selects(*service, pod); });
    return one != here->second.end() ? *one : nullptr;
  }

  Declared look(const PodSet& set) const {
    Declared declared;
    scene_.find(set, [&](const k8s::Pod& pod) {
      if (declared.first == nullptr) declared.first = &pod;
      declared.by_all = declared.by_all && !pod.ports.empty();
      for (const k8s::ContainerPort& port : pod.ports) declared.ports.emplace(port.protocol, port.number);
      return false;  // see them all
    });
    return declared;
  }

  const Scene& scene_;
  std::map<Number, Services> leading_elsewhere_;
  std::map<std::pair<PodSet, Number>, const k8s::Service*> services_;
  std::map<PodSet, Declared> known_;
};

std::optional<Number> number_of(const k8s::PolicyPort& port) {
  const auto* number = std::get_if<std::int64_t>(&port.port);
  if (number == nullptr || *number < 1 || *number > 65535 || port.end_port || !port.understood) return std::nullopt;
  return Number{port.protocol, static_cast<std::uint16_t>(*number)};
}

std::optional<Finding> judge(const RuleAt& at, const Number& port, const std::vector<PodSet>& sets,
                             Declarations& declarations) {
  const k8s::Pod* somebody = nullptr;
  bool by_all = true;
  for (const PodSet& set : sets) {
    const Declared& declared = declarations.of(set);
    if (declared.ports.contains(port)) return std::nullopt;
    by_all = by_all && declared.by_all;
    if (somebody == nullptr) somebody = declared.first;
  }
  if (somebody == nullptr) return std::nullopt;
  for (const PodSet& set : sets) {
    if (const auto* service = declarations.service_of(set, port))
      return Finding{"service-port-instead-of-target", at.subject->policy.key, "",
                     text(port) + " is a port of Service " + k8s::to_string(service->meta.key()) +
                         ", whose pods listen on another; packets carry the target port",
                     text(port)};
  }
  if (!by_all) return std::nullopt;
  const char* whose = at.direction == Direction::ingress ? "pod that the policy selects" : "pod among the peers";
  return Finding{
      "port-not-declared", at.subject->policy.key, "",
      text(port) + " is declared by no " + whose + ", such as " + name_of(*somebody) + "; maybe nobody listens there",
      text(port)};
}

}  // namespace

std::vector<Finding> undeclared_numbers(const Scene& scene) {
  Declarations declarations(scene);
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.rules()) {
    const auto sets = listeners(at);
    if (std::ranges::any_of(sets, [&](const PodSet& set) { return scene.may_hold_more(set); })) continue;
    for (std::size_t i = 0; i < at.written->ports.size(); ++i) {
      const auto port = number_of(at.written->ports[i]);
      auto finding = port ? judge(at, *port, sets, declarations) : std::nullopt;
      if (!finding) continue;
      finding->field = port_field(at, i) + ".port";
      findings.push_back(*std::move(finding));
    }
  }
  return findings;
}

}  // namespace selvedge::lint
