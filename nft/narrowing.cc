// Backwards along the references: from a set that lost elements to the chains that look it up, from a chain to those
// that jump there, and at last to the maps that lead to them.
#include "nft/narrowing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "nft/overloaded.h"
#include "nft/references.h"

namespace selvedge::nft {
namespace {

using Names = std::set<std::string_view>;

void note(const Key& key, Narrowing& narrowing) {
  if (const auto address = address_of(key)) {
    narrowing.addresses.insert(*address);
  } else {
    narrowing.anyone = true;
  }
}

// One that is led elsewhere, or no longer anywhere; not one that may pass now.
void note(const MapDelta& delta, Narrowing& narrowing) {
  for (const Key& key : delta.remove) {
    if (!delta.add.contains(key)) note(key, narrowing);
  }
  for (const auto& [key, verdict] : delta.add) {
    if (!std::holds_alternative<Accept>(verdict)) note(key, narrowing);
  }
}

void note(const Map& map, Narrowing& narrowing) {
  for (const auto& [key, verdict] : map.elements) note(key, narrowing);
}

Names with_fewer_elements(const Changes& changes) {
  Names sets;
  for (const auto& [name, change] : changes.sets) {
    const auto* delta = std::get_if<SetDelta>(&change);
    if (delta == nullptr || !delta->remove.empty()) sets.insert(name);
  }
  return sets;
}

Names rewritten(const Changes& changes) {
  Names chains;
  for (const auto& [name, change] : changes.chains) {
    if (std::holds_alternative<Chain>(change)) chains.insert(name);
  }
  return chains;
}

const std::string* set_of(const Match& match) {
  if (const auto* addresses = std::get_if<MatchAddressSet>(&match)) return &addresses->set;
  if (const auto* endpoints = std::get_if<MatchEndpointSet>(&match)) return &endpoints->set;
  return nullptr;
}

bool looks_up(const Rule& rule, const Names& sets) {
  return std::ranges::any_of(rule.matches, [&](const Match& match) {
    const std::string* set = set_of(match);
    return set != nullptr && sets.contains(*set);
  });
}

bool leads_to(const Rule& rule, const Names& chains) {
  const auto target = target_of(rule.verdict);
  return target && chains.contains(*target);
}

// Adds those that are touched by what is in `chains`, or look `sets` up, until there are no more.
Names with_what_leads_there(Names chains, const Names& sets, const Table& table) {
  for (std::size_t before = chains.size() + 1; before != chains.size();) {
    before = chains.size();
    for (const auto& [name, chain] : table.chains) {
      if (chains.contains(name)) continue;
      const bool touched = std::ranges::any_of(
          chain.rules, [&](const Rule& rule) { return leads_to(rule, chains) || looks_up(rule, sets); });
      if (touched) chains.insert(name);
    }
  }
  return chains;
}

}  // namespace

void Narrowing::add(Narrowing other) {
  anyone = anyone || other.anyone;
  addresses.merge(other.addresses);
}

Narrowing narrowed_by(const Changes& changes, const Table& now) {
  Narrowing narrowing;
  for (const auto& [name, change] : changes.maps) {
    std::visit(Overloaded{[&](const Gone&) { narrowing.anyone = true; }, [&](const auto& of) { note(of, narrowing); }},
               change);
  }
  const Names sets = with_fewer_elements(changes);
  Names chains = rewritten(changes);
  if (sets.empty() && chains.empty()) return narrowing;
  chains = with_what_leads_there(std::move(chains), sets, now);
  for (const std::string_view name : chains) {
    const auto chain = now.chains.find(std::string(name));
    if (chain != now.chains.end() && chain->second.base) narrowing.anyone = true;
  }
  for (const auto& [name, map] : now.maps) {
    for (const auto& [key, verdict] : map.elements) {
      const auto target = target_of(verdict);
      if (target && chains.contains(*target)) note(key, narrowing);
    }
  }
  return narrowing;
}

}  // namespace selvedge::nft
