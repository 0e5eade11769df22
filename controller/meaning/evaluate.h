// The plain reading of NetworkPolicy: from objects and one packet straight to a
// verdict with reasons. Slow and obvious, for a person to check against the API's
// text, and for the compiler to be checked against: it shares no code with it
// beyond the object types (test/layering.sh holds that for includes), so that
// what one gets wrong, the other does not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "k8sclient/types.h"
#include "nft/packet.h"

namespace selvedge::meaning {

// Where packets are judged.
struct Viewpoint {
  std::optional<std::string> node;  // whose pods are local; none: every pod is
  std::string bridge = "cni0";      // the interface that pods are attached to
  std::uint16_t vxlan_port = 8472;  // Flannel's; 0: the backend does not encapsulate in UDP
  bool guard = true;                // R12, where `node` is known and its object names pod ranges
  bool own_node_open = false;       // pods reach their own node whatever isolates their egress (R3)
  bool ipvs = false;                // Services go by IPVS: what the node sends on for others is judged (semantics 81)
  std::set<std::string> audited{};  // namespaces whose denials are only told, if their label does not say otherwise

  bool operator==(const Viewpoint&) const = default;
};

// What one element of `from` or `to`, with one element of `ports`, allows between a pod and another address.
struct Grant {
  k8s::ObjectKey policy;
  Direction direction{};
  std::size_t rule = 0;                    // index in `ingress` or `egress`
  std::optional<std::size_t> peer{};       // index in `from` or `to`; none: there is no element, anyone may
  std::optional<std::size_t> port{};       // index in `ports`; none: any port of any protocol
  std::optional<std::uint8_t> protocol{};  // 6, 17, 132; none: any
  nft::Range<std::uint16_t> ports{0, 0xffff};

  auto operator<=>(const Grant&) const = default;
};

struct Reason {
  enum class Kind : std::uint8_t {
    not_ours,       // to the node, and not from the pod bridge; or from the node, and its own (R2)
    reply,          // of an established connection, or related to one (R4)
    discovery,      // neighbour discovery or multicast listeners (R5)
    lease,          // a request for an address by DHCP, which R13 spares; settles egress only
    router,         // router advertisement or redirect from a pod
    link_scope,     // R13
    encapsulation,  // R14
    borrowed,       // by a pod, from an address of the node's own, where R2 goes by addresses
    not_isolated,   // `pod`, or no pod of this node, is isolated in `direction`
    guarded,        // R12: of this node's pod ranges, and no known pod's
    itself,         // R6: `pod` reaches itself
    own_node,       // R3: `pod` reaches its own node, which is open to it
    invalid,        // conntrack cannot place it
    granted,        // `pod` is isolated; `grants` allow it
    denied,         // `pod` is isolated; none of the policies `isolated_by` allows it
    audited,        // the same, or invalid; but the pod's namespace is audited, so it passes
  };
  Kind kind{};
  std::optional<Direction> direction{};
  std::optional<k8s::ObjectKey> pod{};
  std::vector<k8s::ObjectKey> isolated_by{};  // sorted
  std::vector<Grant> grants{};                // sorted; those that the packet fits

  bool operator==(const Reason&) const = default;
};
std::string to_string(const Reason& reason);  // one line for people
bool allows(Reason::Kind kind);

struct Judgement {
  bool allowed = true;
  std::vector<Reason> reasons;  // one that settles all, or one for each direction that was asked; never empty

  bool operator==(const Judgement&) const = default;
};

// The reading of one state of the cluster. Immutable; any number of threads may ask at once.
class Meaning {
 public:
  // The last of several objects of one kind and key counts. Workloads and other nodes have no say.
  Meaning(Viewpoint viewpoint, const std::vector<k8s::Object>& objects);
  ~Meaning();
  Meaning(Meaning&&) noexcept;
  Meaning& operator=(Meaning&&) noexcept;

  const Viewpoint& viewpoint() const;

  Judgement evaluate(const nft::Packet& packet) const;

  // What the policies that isolate the owner of `pod`, an address of a local pod, allow it with `other`, sorted; no
  // value: nothing isolates it in this direction, or its namespace is audited. Apart from "itself", what evaluate()
  // says of a new packet to which no special rule applies follows from these two lists alone, and from guards().
  std::optional<std::vector<Grant>> grants(const nft::Address& pod, Direction direction,
                                           const nft::Address& other) const;

  // ---- what the reading can tell apart (for whoever must ask about all packets) ----

  // Equal words: no policy tells the two addresses apart as the other end of a packet. They name the owner's namespace,
  // labels and named ports, and the ipBlocks around the address.
  std::string likeness(const nft::Address& address) const;
  // Whether the guard denies it what policies allow or leave open, from and to the pod bridge (R12).
  bool guards(const nft::Address& address) const;
  // The addresses of this node's pods, sorted.
  std::vector<nft::Address> local_addresses() const;
  // Every interval of addresses that some object or ruling names: pods, blocks, excepts, link-local, … Addresses
  // that lie in the same of these are judged alike as the other end of a packet. Any order, may overlap.
  std::vector<nft::Interval> address_edges() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selvedge::meaning
