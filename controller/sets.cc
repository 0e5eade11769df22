#include "controller/sets.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "nft/overloaded.h"

namespace selvedge {
namespace {

using nft::Address;
using nft::Family;
using nft::Key;

constexpr std::array families{Family::v4, Family::v6};

std::size_t index_of(Family family) {
  return static_cast<std::size_t>(family);
}

bool selects_namespace(const PodSet& set, const std::optional<PackedLabels>& labels) {
  return labels && matches(set.namespaces, *labels);
}

bool selects(const PodSet& set, const Cohort& cohort) {
  if (!cohort.like.understood() || !matches(set.pods, cohort.like.labels())) return false;
  return set.ns.empty() ? selects_namespace(set, cohort.ns->labels) : cohort.ns->name == set.ns;
}

// Likeness sorts the ports of one name by protocol, then number, so the keys are sorted.
std::vector<Key> endpoints_of(const NamedPort& port, const Cohort& cohort, const Address& address) {
  std::vector<Key> keys;
  if (!cohort.like.understood()) return keys;
  cohort.like.each_port([&](const PortOfPod& p) {
    if (p.name != port.name || p.protocol != port.protocol) return;
    keys.push_back(nft::key_of(address, ip_protocol(p.protocol), p.number));
  });
  return keys;
}

// Groups of blocks are made per family.
bool speaks(const SetSource& source, Family family) {
  const auto* blocks = std::get_if<BlockSet>(&source);
  return !blocks || blocks->front().first.family == family;
}

std::vector<nft::Element> elements_of(const BlockSet& blocks) {
  std::vector<nft::Element> elements;
  for (const nft::Interval& i : blocks) elements.push_back({nft::key_of(i.first), nft::key_of(i.last)});
  return elements;
}

std::vector<nft::Element> elements_of(const std::vector<Key>& keys) {
  std::vector<nft::Element> elements;
  elements.reserve(keys.size());
  for (const Key& key : keys) elements.push_back({key, key});
  return elements;
}

std::size_t size_of(const auto& lists) {
  std::size_t size = 0;
  for (const auto* list : lists) size += list->size();
  return size;
}

std::vector<const NamespaceRecord*> namespaces_of(const PodSet& set, const Cluster& cluster) {
  std::vector<const NamespaceRecord*> found;
  const auto& all = cluster.namespaces();
  if (const auto own = all.find(set.ns); own != all.end()) found.push_back(&own->second);
  if (!set.ns.empty()) return found;
  for (const auto& [name, ns] : all) {
    if (selects_namespace(set, ns.labels)) found.push_back(&ns);
  }
  return found;
}

// By the label that the fewest have; none: the selector asks for none by its value.
std::optional<std::vector<const Cohorts*>> labelled(const PodSet& set, const Cluster& cluster) {
  std::optional<std::vector<const Cohorts*>> fewest;
  for (const k8s::Requirement& r : set.pods.requirements) {
    if (r.op != k8s::Requirement::Operator::in) continue;
    std::vector<const Cohorts*> lists;
    for (const std::string& value : r.values) lists.push_back(&cluster.with_label(r.key, value));
    if (!fewest || size_of(lists) < size_of(*fewest)) fewest = std::move(lists);
  }
  return fewest;
}

// Sought in the namespaces or by a label, wherever there are fewer to ask.
std::vector<const Cohort*> members(const PodSet& set, const Cluster& cluster) {
  std::vector<const Cohort*> found;
  const auto ask = [&](const Cohort& cohort) {
    if (selects(set, cohort)) found.push_back(&cohort);
  };
  std::vector<const decltype(NamespaceRecord::cohorts)*> lists;
  for (const NamespaceRecord* ns : namespaces_of(set, cluster)) lists.push_back(&ns->cohorts);
  if (const auto by_label = labelled(set, cluster); by_label && size_of(*by_label) < size_of(lists)) {
    for (const Cohorts* list : *by_label) std::ranges::for_each(*list, [&](const Cohort* cohort) { ask(*cohort); });
  } else {
    for (const auto* list : lists) std::ranges::for_each(*list, [&](const auto& cohort) { ask(*cohort); });
  }
  return found;
}

}  // namespace

struct Sets::State {
  const SetSource* source = nullptr;
  std::array<std::string, 2> names;  // by family, as all arrays here
  int users = 0;
  std::array<bool, 2> emitted{false, false};
  // Addresses touched since the last take, and what they contributed then.
  std::array<std::map<Address, Keys>, 2> before;
  std::map<Address, Keys> held;  // of local ports: what each address contributed at the last take

  bool is_local() const {
    const auto* named = std::get_if<NamedPortSet>(source);
    return named && named->local;
  }
  Keys contribution(const Cohort* cohort, const Address& address) const {
    if (!cohort) return {};
    if (const auto* named = std::get_if<NamedPortSet>(source)) return endpoints_of(named->port, *cohort, address);
    return selects(std::get<PodSet>(*source), *cohort) ? Keys{nft::key_of(address)} : Keys{};
  }
};

Sets::Sets(const Cluster& cluster, Target target) : cluster_(cluster), target_(std::move(target)) {}
Sets::~Sets() = default;

// ---- users -----------------------------------------------------------------------

Sets::Use Sets::acquire(const SetSource& source) {
  const auto [entry, is_new] = states_.try_emplace(source);
  State& state = entry->second;
  if (is_new) {
    state.source = &entry->first;
    for (const Family family : families) state.names.at(index_of(family)) = set_name(source, family);
    index(state);
  }
  ++state.users;
  changed_.insert(&state);
  return &state;
}

void Sets::release(Use use) {
  --use->users;
  changed_.insert(use);
}

bool Sets::is_called(Use use, const std::string& name) {
  return std::ranges::find(use->names, name) != use->names.end();
}

void Sets::index(State& state) {
  std::visit(nft::Overloaded{
                 [&](const PodSet& set) {
                   by_selector_.insert(set.ns, set.pods, &state);
                   if (set.ns.empty()) by_namespaces_.insert({}, set.namespaces, &state);
                 },
                 [&](const NamedPortSet& set) {
                   if (set.local) {
                     local_.insert(&state);
                     for (const Address& address : local_addresses_) touch(state, address, {});
                   } else {
                     by_port_.emplace(set.port, &state);
                   }
                 },
                 [](const BlockSet&) {},
             },
             *state.source);
}

void Sets::forget(State& state) {
  std::visit(nft::Overloaded{
                 [&](const PodSet& set) {
                   by_selector_.erase(set.ns, set.pods, &state);
                   if (set.ns.empty()) by_namespaces_.erase({}, set.namespaces, &state);
                 },
                 [&](const NamedPortSet& set) {
                   if (set.local) {
                     local_.erase(&state);
                   } else {
                     by_port_.erase(set.port);
                   }
                 },
                 [](const BlockSet&) {},
             },
             *state.source);
}

// ---- events ----------------------------------------------------------------------

void Sets::apply(const ClusterChange& change) {
  for (const ClusterChange::Moved& moved : change.moved) move(moved);
  if (change.relabelled) relabel(*change.relabelled);
}

// The sets that the cohort is in, and a few in which it is not.
Sets::States Sets::states_of(const Cohort* cohort) const {
  if (!cohort) return {};
  States found = by_selector_.candidates(cohort->ns->name, cohort->like.labels());
  std::ranges::move(by_selector_.candidates({}, cohort->like.labels()), std::back_inserter(found));
  cohort->like.each_port([&](const PortOfPod& port) {
    const auto named = by_port_.find({.protocol = port.protocol, .name = std::string(port.name)});
    if (named != by_port_.end()) found.push_back(named->second);
  });
  return found;
}

void Sets::move(const ClusterChange::Moved& moved) {
  for (State* state : states_of(moved.from)) {
    Keys before = state->contribution(moved.from, moved.address);
    if (!before.empty()) touch(*state, moved.address, std::move(before));
  }
  for (State* state : states_of(moved.to)) {
    if (!state->contribution(moved.to, moved.address).empty()) touch(*state, moved.address, {});
  }
}

// The sets that selected the namespace and do no more, or the other way round; sorted.
Sets::States Sets::switched_by(const ClusterChange::Relabelled& relabelled) const {
  const auto& before = relabelled.before;
  const auto& now = relabelled.ns->labels;
  States found;
  for (const auto* labels : {&before, &now}) {
    if (*labels) std::ranges::move(by_namespaces_.candidates({}, **labels), std::back_inserter(found));
  }
  std::erase_if(found, [&](const State* state) {
    const auto& set = std::get<PodSet>(*state->source);
    return selects_namespace(set, before) == selects_namespace(set, now);
  });
  std::ranges::sort(found);
  return found;
}

void Sets::relabel(const ClusterChange::Relabelled& relabelled) {
  const States switched = switched_by(relabelled);
  if (switched.empty()) return;
  for (const auto& cohort : relabelled.ns->cohorts) {
    for (State* state : by_selector_.candidates({}, cohort->like.labels())) {
      if (!std::ranges::binary_search(switched, state)) continue;
      const auto& set = std::get<PodSet>(*state->source);
      if (!cohort->like.understood() || !matches(set.pods, cohort->like.labels())) continue;
      const bool was_in = selects_namespace(set, relabelled.before);
      for (const Address& address : cluster_.addresses_of(*cohort))
        touch(*state, address, was_in ? Keys{nft::key_of(address)} : Keys{});
    }
  }
}

// ---- addresses -------------------------------------------------------------------

// What a set that is not handed out yet held before is of no interest.
void Sets::touch(State& state, const Address& address, Keys before) {
  const std::size_t family = index_of(address.family);
  if (!state.is_local() && !state.emitted.at(family)) return;
  if (state.before.at(family).try_emplace(address, std::move(before)).second) changed_.insert(&state);
}

void Sets::retarget(const Address& address) {
  const bool was_local = local_addresses_.erase(address) > 0;
  const bool is_local = target_(address) != nullptr;
  if (is_local) local_addresses_.insert(address);
  if (!was_local && !is_local) return;
  for (State* state : local_) {
    const auto held = state->held.find(address);
    state->before.at(index_of(address.family)).try_emplace(address, held == state->held.end() ? Keys{} : held->second);
    changed_.insert(state);
  }
}

// ---- changes ---------------------------------------------------------------------

nft::SetDelta Sets::take_delta(State& state, Family family) const {
  nft::SetDelta delta;
  for (const auto& [address, before] : std::exchange(state.before.at(index_of(family)), {})) {
    const PodEntry* pod = state.is_local() ? target_(address) : cluster_.owner(address);
    const Keys now = state.contribution(pod ? pod->second.cohort : nullptr, address);
    Keys gone;
    Keys come;
    std::ranges::set_difference(before, now, std::back_inserter(gone));
    std::ranges::set_difference(now, before, std::back_inserter(come));
    std::ranges::move(elements_of(gone), std::back_inserter(delta.remove));
    std::ranges::move(elements_of(come), std::back_inserter(delta.add));
    if (!state.is_local()) continue;
    if (now.empty()) {
      state.held.erase(address);
    } else {
      state.held[address] = now;
    }
  }
  return delta;
}

std::vector<const Cohort*> Sets::members(const State& state) const {
  if (const auto* set = std::get_if<PodSet>(state.source)) return selvedge::members(*set, cluster_);
  const auto* named = std::get_if<NamedPortSet>(state.source);
  if (!named || named->local) return {};
  const Cohorts& cohorts = cluster_.with_port(named->port.name);
  return {cohorts.begin(), cohorts.end()};
}

nft::Set Sets::whole(const State& state, Family family) const {
  nft::Set set = empty_set(*state.source, family);
  if (const auto* blocks = std::get_if<BlockSet>(state.source)) set.elements = elements_of(*blocks);
  Keys keys;
  for (const auto& [address, held] : state.held) {
    if (address.family == family) std::ranges::copy(held, std::back_inserter(keys));
  }
  const auto* named = std::get_if<NamedPortSet>(state.source);
  for (const Cohort* cohort : members(state)) {
    for (const Address& address : cluster_.addresses_of(*cohort)) {
      if (address.family != family) continue;
      if (!named) keys.push_back(nft::key_of(address));
      if (named) std::ranges::move(endpoints_of(named->port, *cohort, address), std::back_inserter(keys));
    }
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());  // a cohort may be found twice where hashes collide
  std::ranges::move(elements_of(keys), std::back_inserter(set.elements));
  return set;
}

void Sets::take_changes(State& state, nft::Changes& changes) const {
  for (const Family family : families) {
    const std::string& name = state.names.at(index_of(family));
    bool& emitted = state.emitted.at(index_of(family));
    const bool wanted = state.users > 0 && families_.contains(family) && speaks(*state.source, family);
    nft::SetDelta delta = take_delta(state, family);
    if (!wanted && emitted) {
      changes.sets[name] = nft::Gone{};
    } else if (wanted && !emitted) {
      changes.sets[name] = whole(state, family);
    } else if (wanted && (!delta.add.empty() || !delta.remove.empty())) {
      changes.sets[name] = std::move(delta);
    }
    emitted = wanted;
  }
}

void Sets::take_changes(const std::set<Family>& present, nft::Changes& changes) {
  if (families_ != present) {
    families_ = present;
    for (auto& [source, state] : states_) changed_.insert(&state);
  }
  for (State* state : std::exchange(changed_, {})) {
    take_changes(*state, changes);
    if (state->users > 0) continue;
    forget(*state);
    states_.erase(states_.find(*state->source));
  }
}

void Sets::add_to(nft::Table& table) const {
  for (const auto& [source, state] : states_) {
    for (const Family family : families) {
      if (state.emitted.at(index_of(family))) table.sets[state.names.at(index_of(family))] = whole(state, family);
    }
  }
}

}  // namespace selvedge
