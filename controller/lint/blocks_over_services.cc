// Egress blocks over a Service's address: they do not open the way to it, because
// rules see the pod's address that kube-proxy puts in its place (semantics 54).
// A block that is all addresses was not meant for a Service.
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

using Addressed = std::pair<nft::Address, const k8s::Service*>;

std::vector<Addressed> addresses_of_services(const Scene& scene) {
  std::vector<Addressed> all;
  for (const k8s::Service* service : scene.services()) {
    for (const std::string& text : service->addresses) {
      if (const auto address = nft::parse_address(text)) all.emplace_back(*address, service);
    }
  }
  std::ranges::stable_sort(all, {}, &Addressed::first);
  return all;
}

const Addressed* first_inside(const std::vector<Addressed>& all, const std::vector<nft::Interval>& block) {
  for (const nft::Interval& part : block) {
    const auto found = std::ranges::lower_bound(all, part.first, {}, &Addressed::first);
    if (found != all.end() && found->first <= part.last) return &*found;
  }
  return nullptr;
}

bool is_everything(const k8s::IpBlock& block) {
  const auto cidr = nft::parse_prefix(block.cidr);
  return cidr && cidr->bits == 0;
}

}  // namespace

std::vector<Finding> blocks_over_services(const Scene& scene) {
  const auto services = addresses_of_services(scene);
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.all_rules()) {
    if (at.direction == Direction::ingress) continue;
    for (const AllowRule::Block& peer : at.rule->block_peers) {
      const k8s::IpBlock& block = *at.written->peers[peer.index].ip_block;
      const auto* found = is_everything(block) ? nullptr : first_inside(services, intervals_of(block));
      if (found == nullptr) continue;
      const std::string name = k8s::to_string(found->second->meta.key());
      findings.push_back({"block-covers-services", at.subject->policy.key, peer_field(at, peer.index) + ".ipBlock.cidr",
                          quoted(block.cidr) + " covers Service " + name + " (" + nft::to_string(found->first) +
                              "), and does not open the way to it; packets carry the address of one of its pods",
                          name});
    }
  }
  return findings;
}

}  // namespace selvedge::lint
