// The guard: an address of this node's pod ranges that no known pod has is denied
// everything until one has it (semantics 58, 74, R12). So a pod is closed from its first
// packet on until the daemon knows what it may.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge {

// Not thread-safe.
class Guard {
 public:
  // `node`: this node's name. None, or not `on`: nothing is ever guarded.
  Guard(bool on, std::optional<std::string> node) : on_(on), node_(std::move(node)) {}

  // Our Node's pod ranges count, and those that Flannel's file tells: where they disagree both are guarded, so that
  // neither leaves a pod open.
  void upsert(const k8s::Node& node);
  void erase_node(const std::string& name);
  void told(std::vector<nft::Prefix> ranges);

  bool knows_node() const { return known_; }
  const std::vector<nft::Prefix>& ranges() const;  // that are guarded; sorted
  bool holds(const nft::Address& address) const;   // it is in one of them
  // Those that the file tells: what is in them hangs on the pod bridge, since Flannel gives it the addresses.
  const std::vector<nft::Prefix>& told() const;
  // What cannot be a node's pod range, and is left out: a guard over it would cut off others than pods. That the Node
  // and the file disagree. And that some of `pods`, the addresses of this node's, lie in none: nothing closes their
  // like.
  std::vector<k8s::Problem> problems(const std::set<nft::Address>& pods) const;

 private:
  void choose();
  std::optional<k8s::Problem> disagreement() const;

  bool on_;
  std::optional<std::string> node_;
  bool known_ = false;
  std::vector<nft::Prefix> named_;
  std::vector<nft::Prefix> told_;
  std::vector<nft::Prefix> ranges_;
  std::vector<k8s::Problem> problems_;
};

// Why no node can have it for its pods; empty: it can. Flannel's default is a /24 of a /16, and a /64 of a /48.
const char* too_wide_for_pods(const nft::Prefix& range);

}  // namespace selvedge
