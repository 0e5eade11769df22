// ipBlocks that cover pods or nodes. The API says that a block should be outside
// the cluster, and matching is by address (R8): a "0.0.0.0/0" that was meant as the
// internet lets every pod in. One node by its very address is how the API server
// or a kubelet is allowed, and nothing to tell.
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

struct Occupant {
  nft::Interval where;
  std::string what;  // "pod shop/db-0"
};

std::vector<Occupant> pod_addresses(const Scene& scene) {
  std::vector<Occupant> all;
  for (const k8s::Pod* pod : scene.pods()) {
    for (const std::string& text : pod->addresses) {
      if (const auto address = nft::parse_address(text))
        all.push_back({{*address, *address}, "pods, such as " + name_of(*pod) + " (" + to_string(*address) + ")"});
    }
  }
  return all;
}

std::vector<Occupant> node_ranges(const Scene& scene) {
  std::vector<Occupant> all;
  for (const k8s::Node* node : scene.nodes()) {
    for (const std::string& text : node->pod_cidrs) {
      if (const auto cidr = nft::parse_prefix(text))
        all.push_back({nft::interval_of(*cidr), "the pods of node " + node->meta.name + " (" + to_string(*cidr) + ")"});
    }
  }
  return all;
}

std::vector<Occupant> node_addresses(const Scene& scene) {
  std::vector<Occupant> all;
  for (const k8s::Node* node : scene.nodes()) {
    for (const std::string& text : node->addresses) {
      if (const auto address = nft::parse_address(text))
        all.push_back({{*address, *address}, "node " + node->meta.name + " (" + to_string(*address) + ")"});
    }
  }
  return all;
}

// Addresses that somebody has, asked for by binary search: there can be as many blocks as pods. The occupants are
// single addresses, or node ranges, which do not overlap.
class Occupied {
 public:
  explicit Occupied(std::vector<Occupant> all) : all_(std::move(all)) {
    std::ranges::stable_sort(all_, {}, [](const Occupant& occupant) { return occupant.where; });
  }

  const Occupant* first_inside(const std::vector<nft::Interval>& block) const {
    for (const nft::Interval& part : block) {
      const auto found =
          std::ranges::lower_bound(all_, part.first, {}, [](const Occupant& occupant) { return occupant.where.last; });
      if (found != all_.end() && found->where.first <= part.last) return &*found;
    }
    return nullptr;
  }

 private:
  std::vector<Occupant> all_;
};

bool is_one_address(const std::vector<nft::Interval>& block) {
  return block.size() == 1 && block[0].first == block[0].last;
}

}  // namespace

std::vector<Finding> blocks_over_the_cluster(const Scene& scene) {
  const Occupied pods(pod_addresses(scene)), ranges(node_ranges(scene)), nodes(node_addresses(scene));
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.rules()) {
    for (const AllowRule::Block& from : at.rule->block_peers) {
      const k8s::IpBlock& block = *at.written->peers[from.index].ip_block;
      const auto intervals = intervals_of(block);
      const auto* occupant = pods.first_inside(intervals);
      if (occupant == nullptr) occupant = ranges.first_inside(intervals);
      const char* rule = occupant != nullptr ? "block-covers-pods" : "block-covers-nodes";
      if (occupant == nullptr && !is_one_address(intervals)) occupant = nodes.first_inside(intervals);
      if (occupant == nullptr) continue;
      findings.push_back(
          {rule, at.subject->policy.key, peer_field(at, from.index) + ".ipBlock.cidr",
           quoted(block.cidr) + " covers " + occupant->what + "; a block matches whatever has the address",
           std::string(to_string(at.direction))});
    }
  }
  return findings;
}

}  // namespace selvedge::lint
