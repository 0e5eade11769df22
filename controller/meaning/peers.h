// One element of `from` or `to`: a block of addresses, or pods by label.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::meaning {

struct Block {
  nft::Interval addresses;
  std::vector<nft::Interval> except;
};

// Both must match. Without a namespace selector: pods of the policy's own namespace (semantics 10-12).
struct PodsByLabel {
  std::optional<k8s::LabelSelector> namespaces;
  std::optional<k8s::LabelSelector> pods;
};

using PeerElement = std::variant<Block, PodsByLabel>;

// No value: it matches nothing (semantics 7, 8, 13, 50).
std::optional<PeerElement> read_peer(const k8s::Peer& peer);

// A pod as the other end of a packet.
struct OtherEnd {
  nft::Address address;
  const k8s::Pod* pod = nullptr;    // that the address belongs to; null: it is no pod's
  const k8s::Labels* ns = nullptr;  // the labels of its namespace; null: not known
};

// `ns`: the policy's namespace.
bool stands_for(const PeerElement& peer, const std::string& ns, const OtherEnd& other);

}  // namespace selvedge::meaning
