// Renaming an object means renaming it wherever a rule or a map names it. Spare names are numbered
// afresh each time: with one exception, a crash between the two steps, none outlives the second.
#include "nft/spares.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "nft/overloaded.h"
#include "nft/references.h"

namespace selvedge::nft {
namespace {

using Names = std::map<std::string, std::string>;

template <typename Taken>
Names spare_names(const std::set<std::string>& names, std::string_view prefix, Taken taken) {
  Names spares;
  std::size_t number = 0;
  for (const auto& name : names) {
    std::string spare;
    do {
      spare = std::string(prefix) + std::to_string(number++);
    } while (taken(spare));
    spares[name] = spare;
  }
  return spares;
}

void rename(std::string& name, const Names& names) {
  if (const auto found = names.find(name); found != names.end()) name = found->second;
}

template <typename Object>
std::map<std::string, Object> renamed(std::map<std::string, Object> objects, const Names& names) {
  for (const auto& [old, spare] : names) {
    auto node = objects.extract(old);
    if (node.empty()) continue;
    node.key() = spare;
    objects.insert(std::move(node));
  }
  return objects;
}

void rename(Verdict& verdict, const Names& sets, const Names& chains) {
  std::visit(Overloaded{
                 [&](Jump& v) { rename(v.chain, chains); },
                 [&](Goto& v) { rename(v.chain, chains); },
                 [&](Dispatch& v) { rename(v.map, sets); },
                 [&](DispatchInterface& v) { rename(v.map, sets); },
                 [](auto&) {},
             },
             verdict);
}

void rename(Rule& rule, const Names& sets, const Names& chains) {
  for (Match& match : rule.matches) {
    std::visit(Overloaded{
                   [&](MatchAddressSet& m) { rename(m.set, sets); },
                   [&](MatchEndpointSet& m) { rename(m.set, sets); },
                   [](auto&) {},
               },
               match);
  }
  rename(rule.verdict, sets, chains);
}

template <typename Change>
void add_altered(std::set<std::string>& names, const std::map<std::string, Change>& changes) {
  for (const auto& [name, change] : changes)
    if (!std::holds_alternative<Gone>(change)) names.insert(name);
}

// Adds those that are not among them yet.
template <typename Object, typename Leads>
bool add_leading(std::set<std::string>& names, const std::map<std::string, Object>& objects, Leads leads) {
  const std::size_t before = names.size();
  for (const auto& [name, object] : objects)
    if (!names.contains(name) && leads(object)) names.insert(name);
  return names.size() > before;
}

bool leads_to(const Verdict& verdict, const std::set<std::string>& chains) {
  const auto target = target_of(verdict);
  return target && chains.contains(std::string(*target));
}

bool leads_to(const Rule& rule, const Clashes& clashes) {
  return std::ranges::any_of(references_of(rule), [&](const Reference& reference) {
    const std::string name(reference.name);
    if (reference.to == Reference::To::counter) return false;
    return reference.to == Reference::To::chain ? clashes.chains.contains(name) : clashes.sets.contains(name);
  });
}

template <typename Object>
bool differs(const std::map<std::string, Object>& held, const std::string& name, const Object& desired) {
  const auto found = held.find(name);
  return found != held.end() && !same_shape(found->second, desired);
}

}  // namespace

Clashes clashes_between(const Table& held, const Clashes& dirty, const Table& desired) {
  Clashes clashes;
  for (const auto& [name, set] : desired.sets) {
    if (dirty.sets.contains(name) || held.maps.contains(name) || differs(held.sets, name, set)) {
      clashes.sets.insert(name);
    }
  }
  for (const auto& [name, map] : desired.maps) {
    if (dirty.sets.contains(name) || held.sets.contains(name) || differs(held.maps, name, map)) {
      clashes.sets.insert(name);
    }
  }
  for (const auto& [name, chain] : desired.chains) {
    if (dirty.chains.contains(name) || differs(held.chains, name, chain)) clashes.chains.insert(name);
  }
  return clashes;
}

Clashes altered_by(const Changes& changes) {
  Clashes clashes;
  add_altered(clashes.sets, changes.sets);
  add_altered(clashes.sets, changes.maps);
  add_altered(clashes.chains, changes.chains);
  return clashes;
}

Clashes with_what_leads_there(Clashes clashes, const Table& desired) {
  for (bool more = true; more;) {
    more = add_leading(clashes.sets, desired.maps, [&](const Map& map) {
      return std::ranges::any_of(map.elements, [&](const auto& one) { return leads_to(one.second, clashes.chains); });
    });
    more |= add_leading(clashes.chains, desired.chains, [&](const Chain& chain) {
      return std::ranges::any_of(chain.rules, [&](const Rule& rule) { return leads_to(rule, clashes); });
    });
  }
  return clashes;
}

Spared with_spare_names(const Table& desired, const Clashes& clashes, const Table& held) {
  const Names sets = spare_names(clashes.sets, "spare-set-", [&](const std::string& name) {
    return desired.sets.contains(name) || desired.maps.contains(name) || held.sets.contains(name) ||
           held.maps.contains(name);
  });
  const Names chains = spare_names(clashes.chains, "spare-chain-", [&](const std::string& name) {
    return desired.chains.contains(name) || held.chains.contains(name);
  });
  Spared spared{.table = desired, .names = {}};
  Table& table = spared.table;
  table.sets = renamed(std::move(table.sets), sets);
  table.maps = renamed(std::move(table.maps), sets);
  table.chains = renamed(std::move(table.chains), chains);
  for (auto& [name, map] : table.maps) {
    for (auto& [key, verdict] : map.elements) rename(verdict, sets, chains);
  }
  for (auto& [name, chain] : table.chains) {
    for (Rule& rule : chain.rules) rename(rule, sets, chains);
  }
  for (const Names* names : {&sets, &chains})
    for (const auto& [name, spare] : *names) spared.names[spare] = name;
  return spared;
}

}  // namespace selvedge::nft
