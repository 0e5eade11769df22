#include "test/property/in_flight.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "nft/references.h"
#include "nft/simulate.h"

namespace selvedge::test {
namespace {

using nft::Chain;
using nft::Table;

template <typename Belongs>
Table with_base_chains(Table table, Belongs belongs) {
  std::erase_if(table.chains, [&](const auto& one) {
    const Chain& chain = one.second;
    return chain.base && !belongs(chain.base->priority);
  });
  return table;
}

template <typename Object>
void take_elements(std::map<std::string, Object>& into, const std::map<std::string, Object>& from) {
  for (auto& [name, object] : into)
    if (const auto found = from.find(name); found != from.end()) object.elements = found->second.elements;
}

// A chain of the commit's own is empty to a packet that began before.
Table with_new_elements(Table table, const Table& after) {
  take_elements(table.sets, after.sets);
  take_elements(table.maps, after.maps);
  for (const auto& [name, map] : table.maps)
    for (const auto& [key, verdict] : map.elements)
      if (const auto target = nft::target_of(verdict)) table.chains.try_emplace(std::string(*target));
  return table;
}

std::set<std::int32_t> places_in(const Table& before, const Table& after) {
  std::set<std::int32_t> places;
  for (const Table* table : {&before, &after})
    for (const auto& [name, chain] : table->chains)
      if (chain.base) places.insert(chain.base->priority);
  return places;
}

}  // namespace

std::vector<Way> ways_through(const Table& before, const Table& after) {
  std::vector<Way> ways;
  const Table between = with_new_elements(before, after);
  for (const std::int32_t place : places_in(before, after)) {
    const auto is_earlier = [&](std::int32_t other) { return other < place; };
    const auto is_it = [&](std::int32_t other) { return other == place; };
    const auto is_later = [&](std::int32_t other) { return other > place; };
    for (const Table* here : {&before, &between})
      ways.push_back(
          {with_base_chains(before, is_earlier), with_base_chains(*here, is_it), with_base_chains(after, is_later)});
  }
  return ways;
}

bool passes(const Way& way, const nft::Packet& packet) {
  return std::ranges::all_of(way, [&](const Table& table) { return nft::simulate(table, packet).accepted; });
}

}  // namespace selvedge::test
