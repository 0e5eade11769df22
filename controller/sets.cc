#include "controller/sets.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <unordered_set>
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

bool is_member(const PodSet& set, const Cohort& cohort) {
  if (!cohort.like.understood || !matches(set.pods, cohort.like.labels)) return false;
  if (!set.ns.empty()) return cohort.ns->name == set.ns;
  return cohort.ns->labels && matches(set.namespaces, *cohort.ns->labels);
}

bool is_member(const NamedPort& port, const Cohort& cohort) {
  return cohort.like.understood && std::ranges::any_of(cohort.like.ports, [&](const PortOfPod& p) {
           return p.name == port.name && p.protocol == port.protocol;
         });
}

// Likeness sorts the ports of one name by protocol, then number, so the keys are sorted.
std::vector<Key> endpoints_of(const NamedPort& port, const Cohort& cohort, const Address& address) {
  std::vector<Key> keys;
  if (!cohort.like.understood) return keys;
  for (const PortOfPod& p : cohort.like.ports) {
    if (p.name != port.name || p.protocol != port.protocol) continue;
    keys.push_back(nft::key_of(address, ip_protocol(p.protocol), p.number));
  }
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

template <typename Out>
void append(const std::vector<Key>& keys, Out out) {
  std::ranges::transform(keys, out, [](const Key& key) { return nft::Element{key, key}; });
}

}  // namespace

struct Sets::State {
  const SetSource* source = nullptr;
  std::array<std::string, 2> names;  // by family, as all arrays here
  int users = 0;
  std::array<bool, 2> emitted{false, false};
  std::unordered_set<const Cohort*> cohorts;  // those in it; not of local ports
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
    return cohorts.contains(cohort) ? Keys{nft::key_of(address)} : Keys{};
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
                 [&](const PodSet& set) { by_selector_.insert(set.ns, set.pods, &state); },
                 [&](const NamedPortSet& set) {
                   if (set.local) {
                     local_.insert(&state);
                     for (const Address& address : local_addresses_) touch(state, address, nullptr);
                   } else {
                     by_port_.emplace(set.port, &state);
                   }
                 },
                 [](const BlockSet&) {},
             },
             *state.source);
  for (const Cohort* cohort : candidates(state)) {
    if (state.cohorts.contains(cohort)) continue;
    const States all = selecting(*cohort);
    if (!std::ranges::binary_search(all, &state)) continue;
    state.cohorts.insert(cohort);
    placed_[cohort] = all;
  }
}

void Sets::forget(State& state) {
  std::visit(nft::Overloaded{
                 [&](const PodSet& set) { by_selector_.erase(set.ns, set.pods, &state); },
                 [&](const NamedPortSet&) {
                   local_.erase(&state);
                   std::erase_if(by_port_, [&](const auto& entry) { return entry.second == &state; });
                 },
                 [](const BlockSet&) {},
             },
             *state.source);
  for (const Cohort* cohort : state.cohorts) {
    const auto placed = placed_.find(cohort);
    std::erase(placed->second, &state);
    if (placed->second.empty()) placed_.erase(placed);
  }
}

// ---- cohorts ---------------------------------------------------------------------

std::vector<const Cohort*> Sets::candidates(const State& state) const {
  std::vector<const Cohort*> found;
  const auto add_namespace = [&](const NamespaceRecord& ns) {
    for (const auto& cohort : ns.cohorts) found.push_back(cohort.get());
  };
  if (const auto* named = std::get_if<NamedPortSet>(state.source)) {
    return named->local ? found : cluster_.with_port(named->port.name);
  }
  const auto* pods = std::get_if<PodSet>(state.source);
  if (!pods) return found;
  if (!pods->ns.empty()) {
    const auto ns = cluster_.namespaces().find(pods->ns);
    if (ns != cluster_.namespaces().end()) add_namespace(ns->second);
    return found;
  }
  for (const k8s::Requirement& r : pods->pods.requirements) {
    if (r.op != k8s::Requirement::Operator::in) continue;
    for (const std::string& value : r.values)
      std::ranges::copy(cluster_.with_label(r.key, value), std::back_inserter(found));
    return found;
  }
  for (const auto& [name, ns] : cluster_.namespaces()) {
    if (ns.labels && matches(pods->namespaces, *ns.labels)) add_namespace(ns);
  }
  return found;
}

Sets::States Sets::selecting(const Cohort& cohort) const {
  States found;
  for (const std::string& scope : {cohort.ns->name, std::string()}) {
    for (State* state : by_selector_.candidates(scope, cohort.like.labels)) {
      if (is_member(std::get<PodSet>(*state->source), cohort)) found.push_back(state);
    }
  }
  for (const PortOfPod& port : cohort.like.ports) {
    const auto [first, last] = by_port_.equal_range({.protocol = port.protocol, .name = port.name});
    for (auto entry = first; entry != last; ++entry) {
      if (is_member(entry->first, cohort)) found.push_back(entry->second);
    }
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

const Sets::States& Sets::states_of(const Cohort* cohort) const {
  static const States none;
  const auto placed = cohort ? placed_.find(cohort) : placed_.end();
  return placed == placed_.end() ? none : placed->second;
}

void Sets::apply(const ClusterChange& change) {
  for (const Cohort* cohort : change.begun) begin(*cohort);
  for (const ClusterChange::Moved& moved : change.moved) move(moved);
  for (const Cohort* cohort : change.elsewhere) place_anew(*cohort);
  for (const auto& cohort : change.ended) end(*cohort);
}

void Sets::begin(const Cohort& cohort) {
  States states = selecting(cohort);
  for (State* state : states) state->cohorts.insert(&cohort);
  if (!states.empty()) placed_[&cohort] = std::move(states);
}

void Sets::end(const Cohort& cohort) {
  for (State* state : states_of(&cohort)) state->cohorts.erase(&cohort);
  placed_.erase(&cohort);
}

void Sets::move(const ClusterChange::Moved& moved) {
  for (State* state : states_of(moved.from)) touch(*state, moved.address, moved.from);
  for (State* state : states_of(moved.to)) touch(*state, moved.address, nullptr);
}

// Its namespace has other labels: it leaves some sets and enters others.
void Sets::place_anew(const Cohort& cohort) {
  const States before = states_of(&cohort);
  States after = selecting(cohort);
  States left;
  States entered;
  std::ranges::set_difference(before, after, std::back_inserter(left));
  std::ranges::set_difference(after, before, std::back_inserter(entered));
  if (left.empty() && entered.empty()) return;
  const std::vector<Address> addresses = cluster_.addresses_of(cohort);
  for (State* state : left) {
    for (const Address& address : addresses) touch(*state, address, &cohort);
    state->cohorts.erase(&cohort);
  }
  for (State* state : entered) {
    for (const Address& address : addresses) touch(*state, address, nullptr);
    state->cohorts.insert(&cohort);
  }
  if (after.empty()) {
    placed_.erase(&cohort);
  } else {
    placed_[&cohort] = std::move(after);
  }
}

// ---- addresses -------------------------------------------------------------------

// What a set that is not handed out yet held before is of no interest.
void Sets::touch(State& state, const Address& address, const Cohort* from) {
  const std::size_t family = index_of(address.family);
  if (!state.is_local() && !state.emitted.at(family)) return;
  auto& before = state.before.at(family);
  if (before.contains(address)) return;
  before.emplace(address, state.contribution(from, address));
  changed_.insert(&state);
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
    append(gone, std::back_inserter(delta.remove));
    append(come, std::back_inserter(delta.add));
    if (!state.is_local()) continue;
    if (now.empty()) {
      state.held.erase(address);
    } else {
      state.held[address] = now;
    }
  }
  return delta;
}

nft::Set Sets::whole(const State& state, Family family) const {
  nft::Set set = empty_set(*state.source, family);
  if (const auto* blocks = std::get_if<BlockSet>(state.source)) set.elements = elements_of(*blocks);
  for (const auto& [address, keys] : state.held) {
    if (address.family == family) append(keys, std::back_inserter(set.elements));
  }
  for (const Cohort* cohort : state.cohorts) {
    for (const Address& address : cluster_.addresses_of(*cohort)) {
      if (address.family == family) append(state.contribution(cohort, address), std::back_inserter(set.elements));
    }
  }
  std::ranges::sort(set.elements);
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
