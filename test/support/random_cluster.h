// Random Kubernetes objects from small pools of names, labels and addresses, so
// that selections overlap, addresses change hands and policies share peers.
#pragma once

#include <random>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::test {

// Not thread-safe; one seed gives one sequence.
class RandomCluster {
 public:
  explicit RandomCluster(std::uint32_t seed) : random_(seed) {}

  k8s::Object object();                   // a new state of some object
  k8s::ObjectKey victim(k8s::Kind kind);  // the name of an object that may be there
  k8s::Kind kind();

  bool chance(int percent) { return below(100) < percent; }
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint32_t>(limit)); }

 private:
  template <typename T>
  T pick(const std::vector<T>& values) {
    return values.at(static_cast<std::size_t>(below(static_cast<int>(values.size()))));
  }
  k8s::Labels labels();
  k8s::LabelSelector selector();
  k8s::Peer peer();
  k8s::PolicyPort port();
  k8s::PolicyRule rule();
  k8s::Pod pod();
  k8s::Namespace ns();
  k8s::Node node();
  k8s::NetworkPolicy policy();

  std::mt19937 random_;
};

}  // namespace selvedge::test
