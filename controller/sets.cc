#include "controller/sets.h"

#include <algorithm>

#include "nft/overloaded.h"

namespace selvedge {
namespace {

using nft::Address;
using nft::Element;
using nft::Family;

constexpr std::array families{Family::v4, Family::v6};

std::size_t index_of(Family family) {
  return static_cast<std::size_t>(family);
}

std::string_view name_of(k8s::Protocol protocol) {
  constexpr std::array<std::string_view, 3> names{"TCP", "UDP", "SCTP"};
  return names.at(static_cast<std::size_t>(protocol));
}

std::string to_string(const NamedPortSet& set) {
  return "port " + set.port.name + "/" + std::string(name_of(set.port.protocol)) +
         (set.local ? " of this node's pods" : " of all pods");
}

std::string to_string(const BlockSet& blocks) {
  std::string text;
  for (const nft::Interval& i : blocks) text += nft::to_string(i.first) + "-" + nft::to_string(i.last) + ",";
  return text;
}

bool is_member(const PodSet& set, const Cluster& cluster, const PodEntry& pod) {
  if (!pod.second.understood) return false;
  if (!set.ns.empty()) return pod.first.ns == set.ns && matches(set.pods, pod.second.labels);
  const k8s::Labels* ns = cluster.namespace_labels(pod.first.ns);
  return ns && matches(set.namespaces, *ns) && matches(set.pods, pod.second.labels);
}

std::set<Element> endpoints_of(const NamedPortSet& set, const PodEntry& pod, const Address& address) {
  std::set<Element> endpoints;
  if (!pod.second.understood) return endpoints;
  for (const k8s::ContainerPort& port : pod.second.ports) {
    if (port.name != set.port.name || port.protocol != set.port.protocol || port.number == 0) continue;
    const nft::Key key = nft::key_of(address, ip_protocol(port.protocol), port.number);
    endpoints.insert({key, key});
  }
  return endpoints;
}

void update_peers(const PodSet& set, const Cluster& cluster, TrackedElements& elements, const Address& address) {
  const PodEntry* owner = cluster.owner(address);
  const nft::Key key = nft::key_of(address);
  if (owner && is_member(set, cluster, *owner)) {
    elements.insert({key, key});
  } else {
    elements.erase({key, key});
  }
}

// `pod` is whoever the address stands for; null: nobody.
void update_named(const NamedPortSet& set, const PodEntry* pod, TrackedElements& elements, const Address& address) {
  const std::set<Element> wanted = pod ? endpoints_of(set, *pod, address) : std::set<Element>{};
  const nft::Key lowest = nft::key_of(address, 0, 0);
  const nft::Key highest = nft::key_of(address, 255, 65535);
  std::vector<Element> stale;
  for (auto e = elements.now().lower_bound({lowest, lowest}); e != elements.now().end() && e->first <= highest; ++e) {
    if (!wanted.contains(*e)) stale.push_back(*e);
  }
  for (const Element& element : stale) elements.erase(element);
  for (const Element& element : wanted) elements.insert(element);
}

// Groups of blocks are made per family.
bool speaks(const SetSource& source, Family family) {
  const auto* blocks = std::get_if<BlockSet>(&source);
  return !blocks || blocks->front().first.family == family;
}

nft::Set set_of(const SetSource& source, Family family, const std::set<Element>& elements) {
  return std::visit(nft::Overloaded{
                        [&](const PodSet& set) {
                          return nft::Set{.type = nft::address_type(family),
                                          .interval = false,
                                          .comment = shortened(to_string(set), comment_limit),
                                          .elements = {elements.begin(), elements.end()}};
                        },
                        [&](const NamedPortSet& set) {
                          return nft::Set{.type = nft::endpoint_type(family),
                                          .interval = false,
                                          .comment = shortened(to_string(set), comment_limit),
                                          .elements = {elements.begin(), elements.end()}};
                        },
                        [&](const BlockSet&) {
                          return nft::Set{.type = nft::address_type(family),
                                          .interval = true,
                                          .comment = "",
                                          .elements = {elements.begin(), elements.end()}};
                        },
                    },
                    source);
}

}  // namespace

std::string set_name(const SetSource& source, Family family) {
  const std::string suffix = family == Family::v4 ? "-v4" : "-v6";
  return std::visit(nft::Overloaded{
                        [&](const PodSet& set) { return "peers-" + hash_of(to_string(set)) + suffix; },
                        [&](const NamedPortSet& set) { return "named-" + hash_of(to_string(set)) + suffix; },
                        [&](const BlockSet& set) { return "block-" + hash_of(to_string(set)) + suffix; },
                    },
                    source);
}

// ---- TrackedElements -----------------------------------------------------------

void TrackedElements::insert(const Element& element) {
  remember(element);
  now_.insert(element);
}

void TrackedElements::erase(const Element& element) {
  remember(element);
  now_.erase(element);
}

void TrackedElements::remember(const Element& element) {
  was_.try_emplace(element, now_.contains(element));
}

nft::SetDelta TrackedElements::take() {
  nft::SetDelta delta;
  for (const auto& [element, was] : was_) {
    const bool is = now_.contains(element);
    if (was && !is) delta.remove.push_back(element);
    if (is && !was) delta.add.push_back(element);
  }
  was_.clear();
  return delta;
}

// ---- Sets ----------------------------------------------------------------------

void Sets::acquire(const SetSource& source) {
  State& state = sets_[source];
  if (state.users++ > 0) return;
  if (const auto* blocks = std::get_if<BlockSet>(&source)) {
    for (const nft::Interval& i : *blocks) {
      state.elements.at(index_of(i.first.family)).insert({nft::key_of(i.first), nft::key_of(i.last)});
    }
    return;
  }
  for (const auto& [key, pod] : cluster_.pods()) {
    for (const Address& address : pod.addresses) update(source, state, address);
  }
}

void Sets::release(const SetSource& source) {
  --sets_.at(source).users;
}

void Sets::update(const Address& address) {
  for (auto& [source, state] : sets_) update(source, state, address);
}

void Sets::update(const SetSource& source, State& state, const Address& address) const {
  TrackedElements& elements = state.elements.at(index_of(address.family));
  std::visit(nft::Overloaded{
                 [&](const PodSet& set) { update_peers(set, cluster_, elements, address); },
                 [&](const NamedPortSet& set) {
                   update_named(set, set.local ? target_(address) : cluster_.owner(address), elements, address);
                 },
                 [](const BlockSet&) {},
             },
             source);
}

void Sets::take_changes(const std::set<Family>& present, nft::Changes& changes) {
  for (auto& [source, state] : sets_) {
    for (const Family family : families) {
      TrackedElements& elements = state.elements.at(index_of(family));
      bool& emitted = state.emitted.at(index_of(family));
      const bool wanted = state.users > 0 && present.contains(family) && speaks(source, family);
      nft::SetDelta delta = elements.take();
      if (!wanted && emitted) {
        changes.sets[set_name(source, family)] = nft::Gone{};
      } else if (wanted && !emitted) {
        changes.sets[set_name(source, family)] = set_of(source, family, elements.now());
      } else if (wanted && (!delta.add.empty() || !delta.remove.empty())) {
        changes.sets[set_name(source, family)] = std::move(delta);
      }
      emitted = wanted;
    }
  }
  std::erase_if(sets_, [](const auto& entry) { return entry.second.users == 0; });
}

void Sets::add_to(nft::Table& table) const {
  for (const auto& [source, state] : sets_) {
    for (const Family family : families) {
      if (!state.emitted.at(index_of(family))) continue;
      table.sets[set_name(source, family)] = set_of(source, family, state.elements.at(index_of(family)).now());
    }
  }
}

}  // namespace selvedge
