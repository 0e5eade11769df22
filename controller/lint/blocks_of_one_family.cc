// "0.0.0.0/0" without "::/0" beside it, or the reverse, where pods have both
// families: isolation is for both, so the other one is closed (semantics 56). Smaller
// blocks are of one family by nature.
#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

using nft::Family;

std::optional<Family> whole_family(const k8s::IpBlock& block) {
  const auto cidr = nft::parse_prefix(block.cidr);
  return cidr && cidr->bits == 0 ? std::optional(cidr->address.family) : std::nullopt;
}

Family other(Family family) {
  return family == Family::v4 ? Family::v6 : Family::v4;
}

std::string name(Family family) {
  return family == Family::v4 ? "IPv4" : "IPv6";
}

// What the rules of a policy reach in one direction, by address or because anyone is meant.
using Reached = std::set<std::tuple<const Subject*, Direction, Family>>;

Reached reached_by(const Scene& scene) {
  Reached reached;
  for (const RuleAt& at : scene.rules()) {
    for (const Family family : {Family::v4, Family::v6}) {
      const auto is_of_family = [family](const nft::Interval& block) { return block.first.family == family; };
      if (at.rule->anyone || std::ranges::any_of(at.rule->blocks, is_of_family))
        reached.emplace(at.subject, at.direction, family);
    }
  }
  return reached;
}

const k8s::Pod* pod_with(const Scene& scene, const Subject& subject, Family family) {
  return scene.find(subject.selects(), [&](const k8s::Pod& pod) {
    return std::ranges::any_of(pod.addresses, [&](const std::string& text) {
      const auto address = nft::parse_address(text);
      return address && address->family == family;
    });
  });
}

}  // namespace

std::vector<Finding> blocks_of_one_family(const Scene& scene) {
  const Reached reached = reached_by(scene);
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.rules()) {
    for (const AllowRule::Block& from : at.rule->block_peers) {
      const k8s::IpBlock& block = *at.written->peers[from.index].ip_block;
      const auto family = whole_family(block);
      if (!family || reached.contains({at.subject, at.direction, other(*family)})) continue;
      const auto* pod = pod_with(scene, *at.subject, other(*family));
      if (pod == nullptr) continue;
      findings.push_back({"block-of-one-family", at.subject->policy.key, peer_field(at, from.index) + ".ipBlock.cidr",
                          quoted(block.cidr) + " is " + name(*family) + " only, and no block of the policy is " +
                              name(other(*family)) + ", which pod " + name_of(*pod) + " has too; it stays closed",
                          std::string(to_string(at.direction))});
    }
  }
  return findings;
}

}  // namespace selvedge::lint
