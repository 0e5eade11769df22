// The pods of this node as policies see them: which of them select a pod, and in
// which directions it is isolated by that.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/audit.h"
#include "controller/cluster.h"
#include "controller/direction.h"
#include "controller/policy_book.h"
#include "nft/ip.h"

namespace selvedge {

struct Endpoint {
  std::string uid;
  std::vector<nft::Address> addresses;
  std::vector<nft::Address> lost;  // of these: the API is late, another pod was attached to them
  std::set<k8s::ObjectKey> policies;
  std::array<bool, 2> isolated{false, false};  // by direction
  bool understood = true;                      // false: nothing is allowed to it (R9)
  bool audited = false;                        // what its policies deny is only told

  bool is_isolated(Direction d) const { return isolated.at(static_cast<std::size_t>(d)); }
  bool is_isolated() const { return isolated[0] || isolated[1]; }
  std::vector<nft::Address> own_addresses() const;  // the others
};

// How many there are.
struct Census {
  std::size_t addressed = 0;               // with an address
  std::size_t isolated = 0;                // in some direction
  std::size_t audited = 0;                 // of these
  std::array<std::size_t, 2> of_family{};  // addresses

  void count(const Endpoint& endpoint, int sign);  // 1 or -1
};

// Not thread-safe. What it is made from must outlive it.
class Endpoints {
 public:
  Endpoints(const Cluster& cluster, const PolicyBook& policies, const Audit& audit)
      : cluster_(cluster), policies_(policies), audit_(audit) {}

  struct Refreshed {
    std::optional<Endpoint> before;  // none: it was no pod of this node that takes part in policy
    std::optional<Endpoint> after;
    std::vector<k8s::ObjectKey> reached;  // policies that select their first pod here, or none any more
  };
  // The pod, or a policy that selects or selected it, is another than before.
  Refreshed refresh(const k8s::ObjectKey& pod);

  const Endpoint& at(const k8s::ObjectKey& pod) const { return endpoints_.at(pod); }
  bool knows(const k8s::ObjectKey& pod) const { return endpoints_.contains(pod); }
  bool is_isolated(const k8s::ObjectKey& pod, Direction direction) const;
  const Census& census() const { return census_; }
  std::set<nft::Address> addresses() const;                          // of all of them
  std::map<k8s::ObjectKey, std::vector<nft::Address>> pods() const;  // and their own addresses

  // Of several that claim an address the newest isolated one's rules hold: an address is isolated if any of
  // them is (semantics 63), and not only audited if any is not. None isolated: the newest; null: none is local.
  const PodEntry* target(const nft::Address& address, Direction direction) const;

  const std::set<k8s::ObjectKey>& selected_by(const k8s::ObjectKey& policy) const;  // as of their last refresh
  std::set<k8s::ObjectKey> matched_by(const Policy& policy) const;                  // by the labels of now
  std::set<k8s::ObjectKey> of_namespace(const std::string& ns) const;

 private:
  std::optional<Endpoint> endpoint_of(const k8s::ObjectKey& pod) const;
  std::vector<k8s::ObjectKey> select(const k8s::ObjectKey& pod, const std::set<k8s::ObjectKey>& before,
                                     const std::set<k8s::ObjectKey>& after);

  const Cluster& cluster_;
  const PolicyBook& policies_;
  const Audit& audit_;
  std::map<k8s::ObjectKey, Endpoint> endpoints_;
  std::map<k8s::ObjectKey, std::set<k8s::ObjectKey>> selected_;  // policy → pods
  Census census_;
};

}  // namespace selvedge
