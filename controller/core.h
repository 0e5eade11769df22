// The core: objects in, changes to the nftables table out.
//
//   Cluster ─► Sets ────────────┐
//      │                        ├─► Changes
//   Policies ─► Endpoints ─► chains and maps
//
// Its output is a function of the objects it was fed last (and of what was refused),
// never of the order in which they came: a fresh core that is fed the same yields,
// from empty, the same Table. It starts no thread, takes no lock, opens no file, reads no
// clock and logs nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/attachment.h"
#include "controller/deny_log.h"
#include "controller/direction.h"
#include "k8sclient/types.h"
#include "nft/changes.h"
#include "nft/ip.h"
#include "nft/ruleset.h"

namespace selvedge {

struct Settings {
  std::string table = "selvedge";
  std::optional<std::string> node;  // whose pods are local; none: every pod is
  std::string bridge = "cni0";      // the interface that pods are attached to
  std::uint16_t vxlan_port = 8472;  // Flannel's; 0: the backend does not encapsulate in UDP
  bool guard = true;                // deny what addresses of this node's pod ranges send and get while no pod has them
  bool own_node_open = false;       // pods reach this node whatever their egress isolation says (R3)
  bool ipvs = false;                // Services go by IPVS (semantics 81)
  std::set<std::string> audited{};  // namespaces whose denials are only told, if their label does not say otherwise
  std::optional<DenyLog> deny_log = DenyLog{};  // none: denials are counted only
  bool unreached = false;                       // also render policies that select no local pod (for review)
};

using PodAddresses = std::map<k8s::ObjectKey, std::vector<nft::Address>>;

class Core {
 public:
  explicit Core(Settings settings);
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;

  // Adds the object or replaces the former one of its kind and key. Workloads are ignored.
  void upsert(const k8s::Object& object);
  void erase(k8s::Kind kind, const k8s::ObjectKey& key);  // no such object: nothing happens

  // What the CNI plugin asserts of a pod of this node. Its addresses are the pod's beside those that the pod's object
  // reports, and it is their newest claimant (semantics 63); while there is no such object, or of another uid, it opens
  // nothing; nor does a pending one. Replaces the pod's attachment of that id.
  void attach(const Attachment& attachment);
  // No such attachment: nothing happens. Where the runtime told of the end, those that are attached to its addresses
  // since have them for themselves, though the API goes on reporting them of the pod.
  void detach(const k8s::ObjectKey& pod, const std::string& id, Ending ending = Ending::concluded);

  // This node's pod ranges as Flannel's file tells them: they count beside those that the Node names.
  void pod_ranges(std::vector<nft::Prefix> ranges);

  void services_by_ipvs(bool on);  // until now: Settings::ipvs

  void stop_logging();  // until now as in Settings::deny_log

  // The kernel will not have what this policy asks for: from now on it isolates as before, but allows nothing, and
  // problems() tells `why`. As much an input as objects are, whether there is such a policy or not.
  void refuse(const k8s::ObjectKey& policy, const std::string& why);
  void readmit(const k8s::ObjectKey& policy);
  // Those whose rules a chain, set or counter of the table comes from; costs a walk over all.
  std::set<k8s::ObjectKey> policies_behind(const std::string& object) const;

  // What has changed since the last call of changes() or table(); at first, since nothing.
  nft::Changes changes();

  // The whole table as of now; changes() goes on from it. A function of the present objects.
  nft::Table table();

  // What could not be understood or has no effect, in the objects of now; sorted.
  std::vector<k8s::Problem> problems() const;

  // This node's pod ranges, if the guard is on; and those of them whose addresses hang on the pod bridge for certain.
  const std::vector<nft::Prefix>& guarded() const;
  const std::vector<nft::Prefix>& on_bridge() const;

  bool knows_pod(const k8s::ObjectKey& pod, const std::string& uid) const;  // it is one of this node
  // Whether the objects bear it out, or say nothing against it. Not so: there is no such pod here, or they give all its
  // addresses to other pods, and other addresses to this one.
  bool vouches_for(const Attachment& attachment) const;

  bool knows_node() const;       // the Node object of Settings::node is there
  std::size_t policies() const;  // all there are

  // As of the last changes() or table().
  std::vector<k8s::ObjectKey> unreached_policies() const;  // that select no pod of this node
  std::size_t local_pods() const;                          // of this node, with an address
  std::size_t isolated_pods() const;                       // of the local ones, in either direction
  std::size_t audited_pods() const;                        // of these: what is denied to them is only told
  PodAddresses pod_addresses() const;                      // of this node's pods: those that are their own
  // The pod of this node whose rules hold at the address; none: it is nobody's here.
  std::optional<k8s::ObjectKey> ruler(const nft::Address& address, Direction direction) const;
  std::set<nft::Address> local_addresses() const;  // all of them

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

inline std::set<nft::Address> Core::local_addresses() const {
  std::set<nft::Address> all;
  for (const auto& [pod, addresses] : pod_addresses()) all.insert(addresses.begin(), addresses.end());
  return all;
}

}  // namespace selvedge
