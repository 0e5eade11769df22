// A block goes by address and asks nobody whose it is: pods and nodes are matched too (R8).
#include "controller/meaning/peers.h"

#include <algorithm>

#include "controller/meaning/address.h"
#include "controller/meaning/labels.h"

namespace selvedge::meaning {
namespace {

// An exception that cannot be read might have taken out anything: then nothing is left of the block.
std::optional<PeerElement> read(const k8s::IpBlock& text) {
  const auto addresses = read_block(text.cidr);
  if (!addresses) return std::nullopt;
  Block block{*addresses, {}};
  for (const auto& except : text.except) {
    const auto read = read_block(except);
    if (!read) return std::nullopt;
    block.except.push_back(*read);
  }
  return block;
}

bool is_valid(const std::optional<k8s::LabelSelector>& selector) {
  return !selector || meaning::is_valid(*selector);
}

bool contains(const Block& block, const nft::Address& address) {
  return lies_in(address, block.addresses) &&
         std::none_of(block.except.begin(), block.except.end(),
                      [&](const nft::Interval& except) { return lies_in(address, except); });
}

bool selects(const PodsByLabel& peer, const std::string& ns, const OtherEnd& other) {
  if (other.pod == nullptr || !other.pod->understood) return false;
  if (peer.namespaces ? other.ns == nullptr || !matches(*peer.namespaces, *other.ns) : other.pod->meta.ns != ns) {
    return false;
  }
  return !peer.pods || matches(*peer.pods, other.pod->meta.labels);
}

}  // namespace

std::optional<PeerElement> read_peer(const k8s::Peer& peer) {
  const bool by_label = peer.pod_selector || peer.namespace_selector;
  if (!peer.understood || by_label == peer.ip_block.has_value()) return std::nullopt;
  if (peer.ip_block) return read(*peer.ip_block);
  if (!is_valid(peer.pod_selector) || !is_valid(peer.namespace_selector)) return std::nullopt;
  return PodsByLabel{peer.namespace_selector, peer.pod_selector};
}

bool stands_for(const PeerElement& peer, const std::string& ns, const OtherEnd& other) {
  if (const auto* block = std::get_if<Block>(&peer)) return contains(*block, other.address);
  return selects(std::get<PodsByLabel>(peer), ns, other);
}

}  // namespace selvedge::meaning
