// Rules that let anyone reach isolated pods: without `from`, or with every address
// of a family (semantics 5, 6, 44). Often meant; worth knowing.
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

// Where it says so, or empty.
std::string everyone_at(const RuleAt& at) {
  if (at.rule->anyone) return rule_field(at);
  for (const AllowRule::Block& peer : at.rule->block_peers) {
    const k8s::IpBlock& block = *at.written->peers[peer.index].ip_block;
    const auto cidr = nft::parse_prefix(block.cidr);
    if (cidr && cidr->bits == 0 && block.except.empty()) return peer_field(at, peer.index) + ".ipBlock.cidr";
  }
  return {};
}

}  // namespace

std::vector<Finding> open_rules(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.all_rules()) {
    const std::string field = at.direction == Direction::ingress ? everyone_at(at) : "";
    if (field.empty()) continue;
    const std::string ports = at.rule->ports.any ? "every port" : "the ports of the rule";
    findings.push_back({"everyone-allowed", at.subject->policy.key, field,
                        "lets anyone, inside the cluster and outside, reach " + ports + " of the pods \"" +
                            to_string(at.subject->policy.pods) + "\"",
                        ports});
  }
  return findings;
}

}  // namespace selvedge::lint
