// A selector with fewer requirements matches more: all of its requirements are
// among the other's.
#include "controller/lint/covering.h"

#include <algorithm>

namespace selvedge::lint {
namespace {

bool is_wider(const Selector& wider, const Selector& narrower) {
  return std::ranges::includes(narrower.requirements, wider.requirements);
}

// The label that every namespace has for certain.
bool names(const Selector& namespaces, const std::string& ns) {
  return std::ranges::all_of(namespaces.requirements, [&](const k8s::Requirement& one) {
    return one.key == "kubernetes.io/metadata.name" && one.op == k8s::Requirement::Operator::in &&
           std::ranges::binary_search(one.values, ns);
  });
}

bool is_wider(const PortRanges& wider, const PortRanges& narrower) {
  if (wider.empty()) return true;  // every port of the protocol
  if (narrower.empty()) return false;
  return std::ranges::all_of(narrower, [&](const auto& range) {
    return std::ranges::any_of(wider,
                               [&](const auto& all) { return all.first <= range.first && range.last <= all.last; });
  });
}

bool covers_named(const PortMatch& wider, const NamedPort& port) {
  const auto numbers = wider.numbered.find(port.protocol);
  return wider.named.contains(port) || (numbers != wider.numbered.end() && numbers->second.empty());
}

}  // namespace

bool covers(const PodSet& wider, const PodSet& narrower) {
  if (!is_wider(wider.pods, narrower.pods)) return false;
  if (!wider.ns.empty()) return wider.ns == narrower.ns;
  return narrower.ns.empty() ? is_wider(wider.namespaces, narrower.namespaces) : names(wider.namespaces, narrower.ns);
}

namespace {

bool is_among(const PodSet& set, const std::vector<AllowRule::Pods>& peers) {
  return std::ranges::any_of(peers, [&](const AllowRule::Pods& peer) { return covers(peer.set, set); });
}

}  // namespace

bool covers(const PortMatch& wider, const PortMatch& narrower) {
  if (wider.any || narrower.any) return wider.any;
  for (const auto& [protocol, ranges] : narrower.numbered) {
    const auto found = wider.numbered.find(protocol);
    if (found == wider.numbered.end() || !is_wider(found->second, ranges)) return false;
  }
  return std::ranges::all_of(narrower.named, [&](const NamedPort& port) { return covers_named(wider, port); });
}

bool covers(const AllowRule& wider, const AllowRule& narrower) {
  if (!covers(wider.ports, narrower.ports)) return false;
  if (wider.anyone || narrower.anyone) return wider.anyone;
  return nft::subtract(narrower.blocks, wider.blocks).empty() &&
         std::ranges::all_of(narrower.pods, [&](const auto& peer) { return is_among(peer.set, wider.pods); });
}

}  // namespace selvedge::lint
