#include "controller/reach/peer_table.h"

namespace selvedge::reach {

PeerTable::PeerTable(const std::vector<Party>& parties, const std::vector<k8s::Object>& objects) : parties_(parties) {
  for (const k8s::Object& object : objects) {
    if (const auto* ns = std::get_if<k8s::Namespace>(&object)) namespaces_[ns->meta.name] = ns;
  }
}

meaning::OtherEnd PeerTable::end(std::size_t party, nft::Family family) const {
  const Party& one = parties_[party];
  meaning::OtherEnd end{.address = one.address(family).value_or(nft::Address{.family = family})};
  if (one.pods.empty()) return end;
  end.pod = one.pods.front();
  const auto ns = namespaces_.find(one.ns);
  if (ns != namespaces_.end() && ns->second->understood) end.ns = &ns->second->meta.labels;
  return end;
}

Members PeerTable::members(const meaning::PeerElement& peer, const std::string& ns, nft::Family family) {
  const auto ask = [&] {
    Members found;
    for (std::uint32_t i = 0; i < parties_.size(); ++i) {
      const bool there = parties_[i].address(family).has_value() || std::holds_alternative<meaning::PodsByLabel>(peer);
      if (there && meaning::stands_for(peer, ns, end(i, family))) found.push_back(i);
    }
    return found;
  };
  const auto* labels = std::get_if<meaning::PodsByLabel>(&peer);
  if (labels == nullptr) return ask();
  // With a namespaceSelector it is all the same whose policy it is.
  std::pair key{labels->namespaces ? std::string() : ns, Selectors{labels->namespaces, labels->pods}};
  const auto known = by_selectors_.find(key);
  if (known != by_selectors_.end()) return known->second;
  return by_selectors_.emplace(std::move(key), ask()).first->second;
}

}  // namespace selvedge::reach
