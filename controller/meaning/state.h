// The objects as they are now: whose an address is, and which policies isolate a
// pod. Nothing is decided here about packets.
//
// An address may be claimed by several pods for a while (events out of order,
// an address used again). As the other end of a packet it belongs to the newest
// of them; as this node's it is isolated if any of its local claimants is
// (semantics 63).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/direction.h"
#include "controller/meaning/evaluate.h"
#include "controller/meaning/peers.h"
#include "controller/meaning/policies.h"
#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::meaning {

// A pod that policy is about: not on the host's network (R7), and not over (semantics 61).
struct PodReading {
  k8s::Pod pod{};
  std::vector<nft::Address> addresses{};
  bool local = false;
  bool audited = false;  // of a namespace whose denials are only told
  // Of a local pod: those that isolate it, sorted by key. One that was not understood is isolated without any.
  std::vector<const PolicyReading*> ingress{};
  std::vector<const PolicyReading*> egress{};

  const std::vector<const PolicyReading*>& policies(Direction direction) const {
    return direction == Direction::ingress ? ingress : egress;
  }
  bool isolated(Direction direction) const { return local && (!pod.understood || !policies(direction).empty()); }
  bool owns(const nft::Address& address) const;
};

class State {
 public:
  State(const Viewpoint& viewpoint, const std::vector<k8s::Object>& objects);
  State(const State&) = delete;  // what is inside points at its own
  State& operator=(const State&) = delete;

  OtherEnd other_end(const nft::Address& address) const;
  // The local pod whose isolation holds for `address` in `direction`: the newest isolated one that is not audited, else
  // the newest isolated one, else the newest; null: it is no local pod's.
  const PodReading* target(const nft::Address& address, Direction direction) const;
  bool any_isolated() const { return any_isolated_; }
  bool guards(const nft::Address& address) const;  // it is of this node's pod ranges, and no local pod's

  std::vector<nft::Address> local_addresses() const;
  std::vector<nft::Interval> addresses_named() const;       // by pods, blocks and pod ranges
  std::string likeness(const nft::Address& address) const;  // see Meaning::likeness

 private:
  void read_pods(const Viewpoint& viewpoint, const std::map<k8s::ObjectKey, k8s::Pod>& pods);
  void isolate(PodReading& pod) const;
  void read_ranges(const k8s::Node& node);

  std::vector<PolicyReading> policies_;  // by key
  std::map<std::string, k8s::Namespace> namespaces_;
  std::vector<PodReading> pods_;                                      // oldest first
  std::map<nft::Address, std::vector<const PodReading*>> claimants_;  // oldest first
  std::set<nft::Interval> blocks_;                                    // of any policy, and their exceptions
  std::vector<nft::Interval> guarded_;
  bool any_isolated_ = false;
};

}  // namespace selvedge::meaning
