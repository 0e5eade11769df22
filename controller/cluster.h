// The cluster as it is now, seen as addresses: which pod owns which address, and
// what that pod is to a policy that asks for peers.
//
// An address is the unit of everything downstream (sets and maps hold addresses),
// and events come out of order: a new pod can report an address before its former
// owner's end is heard. So an address has claimants, of which the newest owns it,
// and the end of an old claimant never takes it from the new one (semantics 61, 63).
//
// The CNI plugin tells who gets an address before the API does: a pod has what it was attached to beside what its
// object reports, and of the claimants of an address those that were attached to it come first, since the daemon's
// start or as the API says, too.
//
// Pods of one namespace that no policy can tell apart as peers are one cohort: what
// selects one selects all, so selectors are asked once per cohort, not per pod.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/attachment.h"
#include "controller/flat_set.h"
#include "controller/likeness.h"
#include "controller/packed_labels.h"
#include "controller/selector_index.h"
#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge {

struct Cohort;
struct NamespaceRecord;

// A pod that takes part in policy: not on the host's network, not finished.
struct PodRecord {
  std::uint64_t started = 0;            // the time's digits, 20260131235959; then created: the newest claimant of an
  std::uint64_t created = 0;            // address owns it
  std::vector<nft::Address> addresses;  // sorted, of both families
  Cohort* cohort = nullptr;
  std::unique_ptr<const std::string> uid;  // of a local pod; null: it is on another node

  bool is_local() const { return uid != nullptr; }
};
using PodEntry = std::pair<const std::string, PodRecord>;  // by name

struct Cohort {
  const NamespaceRecord* ns = nullptr;
  Likeness like;
  FlatSet<PodEntry*> pods;
};
using Cohorts = FlatSet<const Cohort*>;

struct LikenessHash {
  std::uint32_t operator()(const std::unique_ptr<Cohort>& cohort) const { return cohort->like.hash(); }
};

// A namespace that is there, or that only pods name.
struct NamespaceRecord {
  std::string name;
  std::optional<PackedLabels> labels;  // none: not known, so no selector matches it (semantics 17)
  std::map<std::string, PodRecord> pods;
  FlatSet<std::unique_ptr<Cohort>, LikenessHash> cohorts;  // of other likeness each
};

k8s::ObjectKey key_of(const PodEntry& pod);

// What an event did.
struct ClusterChange {
  // An address that has another owner now, or an owner that is in another cohort; null: nobody.
  struct Moved {
    nft::Address address;
    const Cohort* from = nullptr;
    const Cohort* to = nullptr;
  };
  std::vector<Moved> moved;
  // A namespace that has other labels, and what these were.
  struct Relabelled {
    const NamespaceRecord* ns = nullptr;
    std::optional<PackedLabels> before;
  };
  std::optional<Relabelled> relabelled;
  std::set<k8s::ObjectKey> rivals;  // other claimants of addresses that an attachment may have given or taken
  // What has no pod any more, kept for those who ask what it was.
  std::unique_ptr<Cohort> ended;
  std::map<std::string, NamespaceRecord>::node_type ended_namespace;
};

class Cluster {
 public:
  // No node: every pod is local.
  explicit Cluster(std::optional<std::string> node) : node_(std::move(node)) {}
  Cluster(const Cluster&) = delete;  // its parts point at each other
  Cluster& operator=(const Cluster&) = delete;

  ClusterChange upsert(const k8s::Pod& pod);
  ClusterChange erase_pod(const k8s::ObjectKey& key);
  ClusterChange attach(const Attachment& attachment);
  ClusterChange detach(const k8s::ObjectKey& pod, const std::string& id, Ending ending);
  ClusterChange upsert(const k8s::Namespace& ns);
  ClusterChange erase_namespace(const std::string& name);

  const PodEntry* owner(const nft::Address& address) const;  // null: nobody's
  // The owner first. Where it was attached to the address, without those that were attached to others only, and those
  // whose sandbox there has ended.
  std::vector<const PodEntry*> claimants(const nft::Address& address) const;
  const PodRecord* pod(const k8s::ObjectKey& key) const;                      // null: no such pod takes part
  bool knows_local(const k8s::ObjectKey& pod, const std::string& uid) const;  // it is one of this node
  // Of the pod's addresses, those that another pod was attached to, and it was not.
  std::vector<nft::Address> lost_addresses(const k8s::ObjectKey& pod) const;
  // The pod has the address by nothing but pending attachments.
  bool is_pending(const PodEntry& pod, const nft::Address& address) const;
  // The API's objects bear an attachment out, or say nothing against it. Not so: they have no such pod here, or give
  // all its addresses to others and others to the pod.
  bool vouches_for(const Attachment& attachment) const;
  // The addresses that a pod of the cohort owns.
  std::vector<nft::Address> addresses_of(const Cohort& cohort) const;

  // Namespaces that have labels or pods, by name.
  const std::map<std::string, NamespaceRecord>& namespaces() const { return namespaces_; }
  // Every cohort that has the label, or such a port, and few others.
  const Cohorts& with_label(std::string_view key, std::string_view value) const;
  const Cohorts& with_port(std::string_view name) const;

  std::vector<k8s::Problem> problems() const;  // addresses that are none

 private:
  using Owners = std::vector<std::pair<nft::Address, const Cohort*>>;
  struct Claim {
    nft::Address address;
    const PodEntry* owner = nullptr;
    explicit operator bool() const { return owner != nullptr; }
  };
  struct Told {
    std::map<std::string, Attachment> by_id;
    std::vector<nft::Address> reported;  // by the pod's object; sorted
    std::vector<nft::Address> ended;     // of these, where its sandbox has ended since they were reported

    bool is_empty() const { return by_id.empty() && ended.empty(); }
  };
  struct AddressHash {
    std::uint32_t operator()(const nft::Address& address) const;
    std::uint32_t operator()(const Claim& claim) const { return (*this)(claim.address); }
  };

  bool is_local(const k8s::Pod& pod) const;
  PodRecord record_of(const k8s::Pod& pod);
  const PodEntry* entry(const k8s::ObjectKey& pod) const;
  NamespaceRecord& namespace_of(const std::string& name);
  void drop_if_unused(const std::string& name, ClusterChange& change);
  ClusterChange relabel(NamespaceRecord& ns, std::optional<PackedLabels> labels);

  void join(NamespaceRecord& ns, PodEntry& pod, Likeness like);
  void leave(NamespaceRecord& ns, PodEntry& pod, ClusterChange& change);
  void report(const k8s::ObjectKey& key, PodRecord& record);
  void forget_report(const k8s::ObjectKey& pod);
  std::vector<nft::Address> reported(const k8s::ObjectKey& pod) const;
  void end_at(const k8s::ObjectKey& pod, const Attachment& attachment);
  static std::vector<nft::Address> addresses_by(const Told& told, const PodRecord& record);
  ClusterChange readdress(const k8s::ObjectKey& pod);
  std::vector<const Attachment*> attachments_of(const PodEntry& pod) const;
  bool is_told_of(const PodEntry& pod, const nft::Address& address) const;
  bool is_certain(const Attachment& attachment) const;
  bool is_placed(const PodEntry& pod) const;
  bool has_ended_at(const PodEntry& pod, const nft::Address& address) const;
  bool is_placed_at(const PodEntry& pod, const nft::Address& address) const;
  void note_rivals(const PodEntry& pod, ClusterChange& change) const;

  bool precedes(const PodEntry* a, const PodEntry* b, const nft::Address& address) const;
  void claim(const PodEntry& pod);
  void withdraw(const PodEntry& pod);
  bool owns(const PodEntry* pod, const nft::Address& address) const;
  Claim* find_claim(const nft::Address& address) const;
  const Cohorts& with(Anchor trait) const;
  Owners owners_of(const std::vector<nft::Address>& addresses) const;
  Owners owners_of(const PodRecord& before, const PodRecord& after) const;
  void note_moves(const Owners& before, ClusterChange& change) const;

  std::optional<std::string> node_;
  std::map<std::string, NamespaceRecord> namespaces_;
  FlatSet<Claim, AddressHash> owners_;
  std::map<nft::Address, std::vector<const PodEntry*>> contested_;  // those with several claimants; the owner first
  std::unordered_map<Anchor, Cohorts> by_trait_;                    // by label, and by port name
  std::map<k8s::ObjectKey, std::vector<k8s::Problem>> problems_;
  std::map<k8s::ObjectKey, Told> told_;  // of pods that have attachments, or had
};

}  // namespace selvedge
