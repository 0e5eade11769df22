// Renaming an object means renaming it wherever a rule or a map names it. Spare names are numbered
// afresh each time: with one exception, a crash between the two steps, none outlives the second.
#include "nft/spares.h"

#include <map>
#include <utility>

#include "nft/changes.h"
#include "nft/overloaded.h"

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

Table with_spare_names(const Table& desired, const Clashes& clashes, const Table& held) {
  const Names sets = spare_names(clashes.sets, "spare-set-", [&](const std::string& name) {
    return desired.sets.contains(name) || desired.maps.contains(name) || held.sets.contains(name) ||
           held.maps.contains(name);
  });
  const Names chains = spare_names(clashes.chains, "spare-chain-", [&](const std::string& name) {
    return desired.chains.contains(name) || held.chains.contains(name);
  });
  Table table = desired;
  table.sets = renamed(std::move(table.sets), sets);
  table.maps = renamed(std::move(table.maps), sets);
  table.chains = renamed(std::move(table.chains), chains);
  for (auto& [name, map] : table.maps) {
    for (auto& [key, verdict] : map.elements) rename(verdict, sets, chains);
  }
  for (auto& [name, chain] : table.chains) {
    for (Rule& rule : chain.rules) rename(rule, sets, chains);
  }
  return table;
}

}  // namespace selvedge::nft
