// The sets that rules look addresses up in, kept in step with the cluster: one
// set per (namespace selector x pod selector), per named port and per group of
// ipBlocks, shared by every rule that means the same, and only while some rule
// needs it.
//
// A set is a function of the present: for each address, its owner's properties
// decide, or its target's. So an update names addresses, not events.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "controller/cluster.h"
#include "controller/policy.h"
#include "nft/changes.h"

namespace selvedge {

// A named port on the pods of this node (what ingress rules ask for), or on all pods.
struct NamedPortSet {
  NamedPort port;
  bool local = false;

  auto operator<=>(const NamedPortSet&) const = default;
};
using BlockSet = std::vector<nft::Interval>;  // of one family, not empty, as unite() leaves them
using SetSource = std::variant<PodSet, NamedPortSet, BlockSet>;

std::string set_name(const SetSource& source, nft::Family family);  // "peers-HASH-v4"

// A set's elements, and what became of them since the last take().
class TrackedElements {
 public:
  void insert(const nft::Element& element);
  void erase(const nft::Element& element);
  const std::set<nft::Element>& now() const { return now_; }
  nft::SetDelta take();

 private:
  void remember(const nft::Element& element);

  std::set<nft::Element> now_;
  std::map<nft::Element, bool> was_;  // touched since take(): whether it was in
};

// The pod of this node whose ingress rules hold for an address; null: no such pod has it. It is not always the
// owner, and what its rules call a port is what it calls it itself (semantics 30, 63).
using Target = std::function<const PodEntry*(const nft::Address&)>;

// Not thread-safe. `cluster`, and what `target` asks, must outlive it.
class Sets {
 public:
  Sets(const Cluster& cluster, Target target) : cluster_(cluster), target_(std::move(target)) {}

  // A rule begins or ends to use a set. The first user costs a walk over the pods.
  void acquire(const SetSource& source);
  void release(const SetSource& source);

  // The address has another owner or target, or they have other properties.
  void update(const nft::Address& address);

  // Sets of a family that no local pod has are left out.
  void take_changes(const std::set<nft::Family>& families, nft::Changes& changes);
  void add_to(nft::Table& table) const;  // as of the last take_changes()

 private:
  struct State {
    int users = 0;
    std::array<TrackedElements, 2> elements;  // by family
    std::array<bool, 2> emitted{false, false};
  };

  void update(const SetSource& source, State& state, const nft::Address& address) const;

  const Cluster& cluster_;
  Target target_;
  std::map<SetSource, State> sets_;
};

}  // namespace selvedge
