// Peers that another one of the same rule covers. There can be thousands of blocks:
// CIDRs nest or are apart, so that a walk in order sees who is inside whom.
#include <algorithm>
#include <optional>

#include "controller/lint/checks.h"
#include "controller/lint/covering.h"

namespace selvedge::lint {
namespace {

Finding finding_of(const RuleAt& at, std::size_t peer, std::size_t by, const std::string& what) {
  return {"peer-redundant", at.subject->policy.key, peer_field(at, peer),
          what + " is covered by " + peer_field(at, by) + "; it changes nothing", what};
}

struct Pair {
  std::size_t peer;
  std::size_t by;
};

// The same selection twice, however many there are.
std::vector<Pair> repeated(const std::vector<AllowRule::Pods>& peers) {
  std::vector<Pair> pairs;
  std::map<PodSet, std::size_t> known;
  for (const AllowRule::Pods& peer : peers) {
    const auto [first, fresh] = known.emplace(peer.set, peer.index);
    if (!fresh) pairs.push_back({peer.index, first->second});
  }
  return pairs;
}

std::vector<Pair> covered(const std::vector<AllowRule::Pods>& peers) {
  if (peers.size() > most_compared) return repeated(peers);
  std::vector<Pair> pairs;
  for (const AllowRule::Pods& peer : peers) {
    const auto by = std::ranges::find_if(peers, [&](const AllowRule::Pods& other) {
      if (other.index == peer.index || !covers(other.set, peer.set)) return false;
      return other.index < peer.index || !covers(peer.set, other.set);  // of equal ones the first stays
    });
    if (by != peers.end()) pairs.push_back({peer.index, by->index});
  }
  return pairs;
}

struct Block {
  nft::Interval cidr;
  std::size_t index;
  bool whole;  // nothing is excepted
};

std::vector<Block> blocks_of(const RuleAt& at) {
  std::vector<Block> blocks;
  for (const AllowRule::Block& peer : at.rule->block_peers) {
    const k8s::IpBlock& block = *at.written->peers[peer.index].ip_block;
    if (const auto cidr = nft::parse_prefix(block.cidr))
      blocks.push_back({nft::interval_of(*cidr), peer.index, block.except.empty()});
  }
  // Wider ones first where they begin alike, whole ones first where they are equal.
  std::ranges::stable_sort(blocks, [](const Block& a, const Block& b) {
    if (a.cidr.first != b.cidr.first) return a.cidr.first < b.cidr.first;
    return a.cidr.last != b.cidr.last ? b.cidr.last < a.cidr.last : a.whole && !b.whole;
  });
  return blocks;
}

std::vector<Pair> covered_blocks(const RuleAt& at) {
  std::vector<Pair> pairs;
  std::optional<Block> around;  // the last whole block that was not inside another
  for (const Block& block : blocks_of(at)) {
    if (around && block.cidr.last <= around->cidr.last) {
      pairs.push_back({block.index, around->index});
    } else if (block.whole) {
      around = block;
    }
  }
  return pairs;
}

}  // namespace

std::vector<Finding> redundant_peers(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.all_rules()) {
    for (const Pair& pair : covered(at.rule->pods)) {
      const auto peer = std::ranges::find(at.rule->pods, pair.peer, &AllowRule::Pods::index);
      findings.push_back(finding_of(at, pair.peer, pair.by, quoted(to_string(peer->set))));
    }
    for (const Pair& pair : covered_blocks(at))
      findings.push_back(finding_of(at, pair.peer, pair.by, quoted(at.written->peers[pair.peer].ip_block->cidr)));
  }
  return findings;
}

}  // namespace selvedge::lint
