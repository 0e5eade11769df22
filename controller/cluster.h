// The cluster as it is now, seen as addresses: which pod owns which address, and
// what that pod is.
//
// An address is the unit of everything downstream (sets and maps hold addresses),
// and events come out of order: a new pod can report an address before its former
// owner's end is heard. So an address has claimants, of which the newest owns it,
// and the end of an old claimant never takes it from the new one (semantics 61, 63).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge {

// A pod that takes part in policy: not on the host's network, not finished.
struct PodRecord {
  std::string uid;
  std::string started;  // then created: the newest claimant of an address owns it
  std::string created;
  k8s::Labels labels;
  std::vector<nft::Address> addresses;    // sorted, of both families
  std::vector<k8s::ContainerPort> ports;  // those with a name
  bool local = false;
  bool understood = true;  // false: isolated, and no peer

  bool operator==(const PodRecord&) const = default;
};
using PodEntry = std::pair<const k8s::ObjectKey, PodRecord>;

class Cluster {
 public:
  // No node: every pod is local.
  explicit Cluster(std::optional<std::string> node) : node_(std::move(node)) {}

  // Each returns the addresses whose owner, or whose owner's properties, may be others now.
  std::set<nft::Address> upsert(const k8s::Pod& pod);
  std::set<nft::Address> erase_pod(const k8s::ObjectKey& key);
  std::set<nft::Address> upsert(const k8s::Namespace& ns);
  std::set<nft::Address> erase_namespace(const std::string& name);

  const PodEntry* owner(const nft::Address& address) const;                   // null: nobody's
  std::vector<const PodEntry*> claimants(const nft::Address& address) const;  // the owner first
  const PodRecord* pod(const k8s::ObjectKey& key) const;                      // null: no such pod takes part
  const std::map<k8s::ObjectKey, PodRecord>& pods() const { return pods_; }
  const k8s::Labels* namespace_labels(const std::string& name) const;  // null: not known (semantics 17)

  std::vector<k8s::Problem> problems() const;  // addresses that are none

 private:
  bool is_local(const k8s::Pod& pod) const;
  std::set<nft::Address> withdraw(const k8s::ObjectKey& key);
  std::set<nft::Address> addresses_in(const std::string& ns) const;

  std::optional<std::string> node_;
  std::map<k8s::ObjectKey, PodRecord> pods_;
  std::map<nft::Address, std::vector<const PodEntry*>> claims_;
  std::map<std::string, k8s::Labels> namespaces_;
  std::map<k8s::ObjectKey, std::vector<k8s::Problem>> problems_;
};

}  // namespace selvedge
