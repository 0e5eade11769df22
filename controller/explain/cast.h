// Who there is to ask about: the pods, workloads, Services and nodes of a state, by the names that people use.
//
// A pod belongs to the workload that made it: the Deployment behind its ReplicaSet, the CronJob behind its Job.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::explain {

// Whether policies are about it: on the pods' network, and not over (R7, semantics 61).
bool takes_part(const k8s::Pod& pod);

// "Deployment/web"; a pod that nobody made is its own: "Pod/web".
std::string workload_of(const k8s::Pod& pod);

// One who may send or receive.
struct Someone {
  std::string name;                          // "production/api-0", "node node-a", "198.51.100.7"
  const k8s::Pod* pod = nullptr;             // null: no pod on the pods' network
  const k8s::Node* node = nullptr;           // whose address it is
  std::vector<nft::Address> addresses = {};  // in the order of the object; none: a pod that has none yet
};

// What a word of the question stands for.
struct End {
  std::string asked;                      // as it was written
  std::string meant;                      // "pod production/api-0", "Deployment production/api (3 pods)"
  std::vector<Someone> all;               // never empty
  const k8s::Service* service = nullptr;  // that it was asked for by
};

// Refers to the objects, which outlive it. Immutable; any number of threads may ask at once.
class Cast {
 public:
  explicit Cast(const std::vector<k8s::Object>& objects);

  // `word`: NAMESPACE/NAME of a pod, a workload or a Service, in this order, else the value of a label that pods are
  // mostly named by (app, app.kubernetes.io/name, k8s-app); NAMESPACE/KIND/NAME where that is not
  // enough; node/NAME; an address, of a Service too. Without a namespace: `default`. The error says what there is of a
  // similar name.
  tl::expected<End, std::string> find(const std::string& word) const;

  Someone someone(const k8s::Pod& pod) const;
  Someone someone(const nft::Address& address) const;

 private:
  tl::expected<End, std::string> find_node(const std::string& word, const std::string& name) const;
  std::optional<End> find_labelled(const std::string& word, const std::string& ns, const std::string& name) const;
  tl::expected<End, std::string> find_service(const std::string& word, const k8s::Service& service) const;
  const k8s::Service* service_at(const nft::Address& address) const;
  tl::expected<End, std::string> find_named(const std::string& word) const;
  std::vector<Someone> of_workload(const std::string& ns, const std::string& kind, const std::string& name) const;
  std::vector<Someone> behind(const k8s::Service& service) const;
  std::string unknown(const std::string& word, const std::string& ns) const;

  std::vector<const k8s::Pod*> pods_;  // that take part, by key
  std::map<k8s::ObjectKey, const k8s::Pod*> on_host_network_;
  std::vector<const k8s::Service*> services_;
  std::vector<const k8s::Node*> nodes_;
};

}  // namespace selvedge::explain
