#include "controller/reach/peer_table.h"

namespace selvedge::reach {

PeerTable::PeerTable(const std::vector<Party>& parties, const std::vector<k8s::Object>& objects) : parties_(parties) {
  std::map<std::string, const k8s::Namespace*> namespaces;
  for (const k8s::Object& object : objects) {
    if (const auto* ns = std::get_if<k8s::Namespace>(&object)) namespaces[ns->meta.name] = ns;
  }
  for (const nft::Family family : {nft::Family::v4, nft::Family::v6}) {
    auto& ends = ends_[family == nft::Family::v4 ? 0 : 1];
    for (const Party& party : parties_) {
      meaning::OtherEnd& end = ends.emplace_back();
      end.address = party.address(family).value_or(nft::Address{.family = family});
      if (party.pods.empty()) continue;
      end.pod = party.pods.front();
      const auto ns = namespaces.find(party.ns);
      if (ns != namespaces.end() && ns->second->understood) end.ns = &ns->second->meta.labels;
    }
  }
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
