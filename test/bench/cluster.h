// A cluster of any size, one object at a time, so that no benchmark's memory is the objects' own: pods spread over
// namespaces and nodes, one policy after another over the namespaces, 110 pods on the node that is looked from.
//
// Besides there are ten namespaces of twenty pods each, in clusters of every size alike: those that are relabelled.
//
// A policy lets its namespace's pods and one team's in, and an ipBlock, and out to one team's back tier and to DNS:
// what test/bench measures is then a change of a pod that is in a few sets, each of a twentieth of the cluster.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "controller/core.h"
#include "k8sclient/types.h"

namespace selvedge::bench {

struct Cluster {
  std::size_t pods = 10'000;
  std::size_t policies = 500;
  std::size_t local_pods = 110;
  std::size_t namespaces = 500;

  // Any i below the numbers above is of the cluster; from there on, something of its kind to add.
  k8s::Pod pod(std::size_t i) const;  // the first `local_pods` are on the node
  k8s::Pod new_local_pod(std::size_t i) const;
  k8s::Namespace ns(std::size_t i) const;
  k8s::NetworkPolicy policy(std::size_t i) const;
  k8s::Node node() const;

  static constexpr std::size_t movable_namespaces = 10, movable_pods = 20;
  k8s::Namespace movable_ns(std::size_t i) const;
  k8s::Pod movable_pod(std::size_t ns, std::size_t i) const;

  void for_objects(const std::function<void(const k8s::Object&)>& each) const;
  Settings settings() const;
};

// Selects local pod `i`'s namespace-mates of its app; of a name that no policy of the cluster has.
k8s::NetworkPolicy new_policy(const Cluster& cluster, std::size_t i);

}  // namespace selvedge::bench
