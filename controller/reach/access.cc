#include "controller/reach/access.h"

#include <algorithm>
#include <map>

namespace selvedge::reach {
namespace {

using nft::Family;

struct Cell {
  const Ports* v4 = nullptr;  // null: the two have no addresses of the family
  const Ports* v6 = nullptr;
};

Cell cell(const Reach& reach, std::size_t from, std::size_t to) {
  const auto in = [&](Family family) -> const Ports* {
    const bool there = reach.parties()[from].address(family) && reach.parties()[to].address(family);
    return there ? &reach.between(from, to, family) : nullptr;
  };
  return {.v4 = in(Family::v4), .v6 = in(Family::v6)};
}

// By what is allowed: the names of those with whom.
using ByPorts = std::map<std::string, std::set<std::string>>;

void add(ByPorts& ways, const Cell& cell, const std::string& other) {
  const auto note = [&](const Ports* ports, const char* family) {
    if (ports != nullptr && !ports->empty()) ways[to_string(*ports) + family].insert(other);
  };
  const bool alike = cell.v4 == nullptr || cell.v6 == nullptr || *cell.v4 == *cell.v6;
  if (alike) return note(cell.v4 != nullptr ? cell.v4 : cell.v6, "");
  note(cell.v4, " (IPv4)");
  note(cell.v6, " (IPv6)");
}

std::vector<Way> sorted(const ByPorts& ways) {
  std::vector<Way> all;
  for (const auto& [ports, others] : ways) all.push_back({ports, {others.begin(), others.end()}});
  std::ranges::stable_sort(all, std::ranges::greater{}, [](const Way& way) { return way.others.size(); });
  return all;
}

}  // namespace

std::vector<Access> access_of(const Reach& reach, const std::set<k8s::ObjectKey>& pods, Direction direction) {
  std::vector<Access> all;
  for (std::size_t i = 0; i < reach.parties().size(); ++i) {
    const Party& party = reach.parties()[i];
    const auto is_asked = [&](const k8s::Pod* pod) { return pods.contains(pod->meta.key()); };
    if (std::ranges::none_of(party.pods, is_asked)) continue;
    ByPorts ways;
    for (std::size_t other = 0; other < reach.parties().size(); ++other) {
      if (other == i && party.size == 1) continue;  // itself
      const bool ingress = direction == Direction::ingress;
      add(ways, ingress ? cell(reach, other, i) : cell(reach, i, other), name_of(reach.parties()[other]));
    }
    all.push_back({.name = name_of(party),
                   .pods = party.size,
                   .isolated = reach.isolated(i, direction),
                   .isolating = reach.isolating(i, direction),
                   .audited = reach.isolated(i, direction) && reach.audited(i),
                   .ways = sorted(ways)});
  }
  return all;
}

}  // namespace selvedge::reach
