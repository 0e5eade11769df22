// What policies are held against: the pods that take part, those on the host's
// network, namespaces, nodes. Points into the objects, which must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "controller/policy.h"
#include "k8sclient/types.h"

namespace selvedge::lint {

// A policy as it is written and as it is enforced.
struct Subject {
  const k8s::NetworkPolicy* written = nullptr;
  Policy policy;

  PodSet selects() const { return {.ns = policy.key.ns, .namespaces = {}, .pods = policy.pods}; }
};

// One `ingress` or `egress` element that can match something, of a policy that selects some pod.
struct RuleAt {
  const Subject* subject = nullptr;
  Direction direction{};
  const k8s::PolicyRule* written = nullptr;
  const AllowRule* rule = nullptr;
};

// Network: `pod` are the pods that policies know, `host` are nodes to them (R7).
enum class Network : std::uint8_t { pod, host };

class Scene {
 public:
  using Condition = std::function<bool(const k8s::Pod&)>;

  explicit Scene(const std::vector<const k8s::Object*>& objects);
  Scene(const Scene&) = delete;  // rules() points into policies()
  Scene& operator=(const Scene&) = delete;

  const std::vector<Subject>& policies() const { return policies_; }  // sorted by key
  const std::vector<RuleAt>& rules() const { return rules_; }         // in the order of policies()
  const std::vector<const k8s::Pod*>& pods() const { return pods_; }  // of Network::pod, sorted by key
  const std::vector<const k8s::Node*>& nodes() const { return nodes_; }

  // The first pod of the set that fulfils the condition, or null.
  const k8s::Pod* find(
      const PodSet& set, const Condition& condition = [](const k8s::Pod&) { return true; },
      Network network = Network::pod) const;

  bool knows_namespace(const Selector& selector) const;  // some namespace matches it

 private:
  using Pods = std::map<std::string, std::vector<const k8s::Pod*>>;  // by namespace

  std::vector<Subject> policies_;
  std::vector<RuleAt> rules_;
  std::vector<const k8s::Pod*> pods_;
  std::vector<const k8s::Node*> nodes_;
  std::map<Network, Pods> by_namespace_;
  std::map<std::string, const k8s::Labels*> namespaces_;  // those that a selector may match
};

}  // namespace selvedge::lint
