// What policies are held against: the pods that take part, those on the host's
// network, namespaces, nodes. Points into the objects, which must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "controller/policy.h"
#include "k8sclient/types.h"

namespace selvedge::lint {

// Namespaces of which it is not known what is in them.
struct Unseen {
  bool all = false;                  // but `seen`
  std::set<std::string> namespaces;  // these
  std::set<std::string> seen = {};

  bool any() const { return all || !namespaces.empty(); }
  bool contains(const std::string& ns) const { return (all && !seen.contains(ns)) || namespaces.contains(ns); }
};

// What is not among the objects though it may be there. Nothing is said that rests on it.
struct Unknown {
  Unseen pods;
  Unseen policies;
  std::set<std::string> assumed;  // Namespace objects that stand for ones that are named and not given
};

// A policy as it is written and as it is enforced.
struct Subject {
  const k8s::NetworkPolicy* written = nullptr;
  Policy policy;
  std::vector<k8s::Problem> problems;  // of compiling it
  bool selects_somebody = false;

  PodSet selects() const { return {.ns = policy.key.ns, .namespaces = {}, .pods = policy.pods}; }
};

// One `ingress` or `egress` element.
struct RuleAt {
  const Subject* subject = nullptr;
  Direction direction{};
  const k8s::PolicyRule* written = nullptr;
  const AllowRule* rule = nullptr;
  std::size_t index = 0;
};

// Network: `pod` are the pods that policies know, `host` are nodes to them (R7).
enum class Network : std::uint8_t { pod, host };

class Scene {
 public:
  using Condition = std::function<bool(const k8s::Pod&)>;

  explicit Scene(const std::vector<const k8s::Object*>& objects, Unknown unknown = {});
  Scene(const Scene&) = delete;  // rules() points into policies()
  Scene& operator=(const Scene&) = delete;

  const std::vector<Subject>& policies() const { return policies_; }  // sorted by key
  // Of what can match something, in the order of policies().
  const std::vector<RuleAt>& all_rules() const { return all_rules_; }
  const std::vector<RuleAt>& rules() const { return rules_; }  // of policies that select some pod
  std::vector<RuleAt> written_rules() const;  // all that count, also those without an AllowRule: `rule` is null
  const std::vector<const k8s::Pod*>& pods() const { return pods_; }  // of Network::pod, sorted by key
  const std::vector<const k8s::Node*>& nodes() const { return nodes_; }
  const std::vector<const k8s::Service*>& services() const { return services_; }
  const std::vector<const k8s::Namespace*>& namespaces() const { return all_namespaces_; }
  const Unknown& unknown() const { return unknown_; }

  // The first pod of the set that fulfils the condition, or null.
  const k8s::Pod* find(
      const PodSet& set, const Condition& condition = [](const k8s::Pod&) { return true; },
      Network network = Network::pod) const;

  bool knows_namespace(const Selector& selector) const;  // some namespace matches it
  bool knows_labels() const;                             // of namespaces: some were given, or none was needed
  bool may_hold_more(const PodSet& set) const;           // there may be pods of it that are unknown

 private:
  using Pods = std::map<std::string, std::vector<const k8s::Pod*>>;  // by namespace

  std::vector<Subject> policies_;
  std::vector<RuleAt> all_rules_;
  std::vector<RuleAt> rules_;
  std::vector<const k8s::Pod*> pods_;
  std::vector<const k8s::Node*> nodes_;
  std::vector<const k8s::Service*> services_;
  std::vector<const k8s::Namespace*> all_namespaces_;
  Unknown unknown_;
  std::map<Network, Pods> by_namespace_;
  std::map<std::string, const k8s::Labels*> namespaces_;  // those that a selector may match
};

}  // namespace selvedge::lint
