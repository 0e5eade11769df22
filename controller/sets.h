// The sets that rules look addresses up in, kept in step with the cluster: one
// set per (namespace selector x pod selector), per named port and per group of
// ipBlocks, shared by every rule that means the same, and only while some rule
// needs it.
//
// A set is a function of the present: of each address, its owner's cohort decides
// which sets it is in (or its target, for the named ports of ingress rules). So a
// set's elements are not kept, nor whose they are: only, of those that an event may
// have changed, what they were before.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/cluster.h"
#include "controller/selector_index.h"
#include "controller/set_source.h"
#include "nft/changes.h"

namespace selvedge {

// The pod of this node whose ingress rules hold for an address; null: no such pod has it. It is not always the
// owner, and what its rules call a port is what it calls it itself (semantics 30, 63).
using Target = std::function<const PodEntry*(const nft::Address&)>;

// Not thread-safe. `cluster`, and what `target` asks, must outlive it.
class Sets {
 private:
  struct State;

 public:
  using Use = State*;

  Sets(const Cluster& cluster, Target target);
  Sets(const Sets&) = delete;  // its parts point at each other
  Sets& operator=(const Sets&) = delete;
  ~Sets();

  // A rule begins or ends to use a set. The first user costs a look at each cohort that the set may
  // select, when changes are taken.
  Use acquire(const SetSource& source);
  void release(Use use);
  static bool is_called(Use use, const std::string& name);  // in the table, in some family

  void apply(const ClusterChange& change);     // at once: before anything else happens to the cluster
  void retarget(const nft::Address& address);  // it has another target now, or none

  // Sets of a family that no local pod has are left out.
  void take_changes(const std::set<nft::Family>& families, nft::Changes& changes);
  void add_to(nft::Table& table) const;  // as of the last take_changes()

 private:
  using Keys = std::vector<nft::Key>;  // what an address contributes to a set, sorted
  using States = std::vector<State*>;

  States states_of(const Cohort* cohort) const;
  void move(const ClusterChange::Moved& moved);
  States switched_by(const ClusterChange::Relabelled& relabelled) const;
  void relabel(const ClusterChange::Relabelled& relabelled);

  void index(State& state);
  void forget(State& state);
  std::vector<const Cohort*> members(const State& state) const;
  void touch(State& state, const nft::Address& address, Keys before);
  nft::SetDelta take_delta(State& state, nft::Family family) const;
  nft::Set whole(const State& state, nft::Family family) const;
  void take_changes(State& state, nft::Changes& changes) const;

  const Cluster& cluster_;
  Target target_;
  std::map<SetSource, State> states_;
  SelectorIndex<State*> by_selector_;       // sets of pods
  SelectorIndex<State*> by_namespaces_;     // sets of pods of selected namespaces
  std::map<NamedPort, State*> by_port_;     // named ports of all pods
  std::set<State*> local_;                  // named ports of this node's pods
  std::set<nft::Address> local_addresses_;  // those that have a target
  std::set<State*> changed_;                // since the last take_changes()
  std::set<nft::Family> families_;
};

}  // namespace selvedge
