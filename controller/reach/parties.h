// Everybody who can be at an end of a connection, in groups that no policy tells apart: pods of one workload, nodes,
// and addresses outside.
//
// Blocks are prefixes, so of two either lies in the other or they have nothing in common: the addresses outside are
// told apart by the smallest block around them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/meaning/peers.h"
#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::reach {

struct Party {
  enum class Kind { pods, nodes, outside };
  Kind kind{};
  std::string ns;    // of pods
  std::string name;  // "Deployment/web", "nodes", "203.0.113.0/24 but for 203.0.113.5/32", "anywhere else"
  std::vector<const k8s::Pod*> pods;  // sorted by name
  std::size_t size = 1;               // pods or nodes
  std::optional<nft::Address> v4;     // that stand for all of them
  std::optional<nft::Address> v6;

  const std::optional<nft::Address>& address(nft::Family family) const { return family == nft::Family::v4 ? v4 : v6; }
};

// Of objects whose pods have addresses (explain::with_addresses). Pods first, by namespace and workload; then nodes,
// then outside. Refers to the objects.
// `blocks`: prefixes by which they are told apart (blocks_of, of one or several states).
std::vector<Party> parties_of(const std::vector<k8s::Object>& objects, const std::vector<nft::Prefix>& blocks);

// Those that policies name, and their exceptions; the smallest first.
std::vector<nft::Prefix> blocks_of(const std::vector<k8s::Object>& objects);
std::vector<nft::Prefix> united(const std::vector<nft::Prefix>& blocks, const std::vector<nft::Prefix>& others);

}  // namespace selvedge::reach
