// The jump graph has chains and maps as its nodes; a map adds nothing to the depth.
// It is sorted topologically instead of searched from each chain: a table that
// comes from outside may be large, and must not cost recursion or exponential time.
#include "nft/references.h"

#include <algorithm>
#include <map>

#include "nft/overloaded.h"

namespace selvedge::nft {
namespace {

std::optional<Reference> reference_of(const Match& match) {
  using To = Reference::To;
  using Found = std::optional<Reference>;
  return std::visit(Overloaded{
                        [](const MatchAddressSet& m) -> Found {
                          return Reference{To::set, m.set, address_type(m.family)};
                        },
                        [](const MatchEndpointSet& m) -> Found {
                          return Reference{To::set, m.set, endpoint_type(m.family)};
                        },
                        [](const auto&) -> Found { return std::nullopt; },
                    },
                    match);
}

using Edges = std::vector<std::vector<std::size_t>>;  // by node, the nodes it leads to

Edges reversed(const Edges& edges) {
  Edges back(edges.size());
  for (std::size_t from = 0; from < edges.size(); ++from) {
    for (const auto to : edges[from]) back[to].push_back(from);
  }
  return back;
}

// The nodes that no circle leads to, each after all that lead to it.
std::vector<std::size_t> sorted(const Edges& edges) {
  std::vector<std::size_t> waiting_for(edges.size());
  for (const auto& next : edges) {
    for (const auto to : next) ++waiting_for[to];
  }
  std::vector<std::size_t> order;
  for (std::size_t node = 0; node < edges.size(); ++node) {
    if (waiting_for[node] == 0) order.push_back(node);
  }
  for (std::size_t done = 0; done < order.size(); ++done) {
    for (const auto to : edges[order[done]]) {
      if (--waiting_for[to] == 0) order.push_back(to);
    }
  }
  return order;
}

// Chains come first, in the order of their names, then maps.
class JumpGraph {
 public:
  explicit JumpGraph(const Table& table) : edges_(table.chains.size() + table.maps.size()) {
    for (const auto& [name, chain] : table.chains) chains_.emplace(name, chains_.size());
    for (const auto& [name, map] : table.maps) maps_.emplace(name, chains_.size() + maps_.size());
    for (const auto& [name, chain] : table.chains) {
      link_chain(chains_[name], chain);
      if (chain.base) bases_.push_back(chains_[name]);
    }
    for (const auto& [name, map] : table.maps) {
      for (const auto& [key, verdict] : map.elements) link_target(maps_[name], verdict);
    }
  }

  std::vector<JumpFault> faults() const {
    auto faults = circles();
    const bool hidden = std::any_of(faults.begin(), faults.end(), [](const auto& fault) { return fault.live; });
    if (hidden) return faults;
    for (auto& fault : too_deep()) faults.push_back(std::move(fault));
    return faults;
  }

 private:
  // A circle can be sorted neither from a root nor from an end.
  std::vector<JumpFault> circles() const {
    std::vector<bool> straight(edges_.size(), false);
    for (const auto node : sorted(edges_)) straight[node] = true;
    for (const auto node : sorted(reversed(edges_))) straight[node] = true;
    const auto live = lives();
    std::vector<JumpFault> faults;
    for (const auto& [name, node] : chains_) {
      if (!straight[node]) faults.push_back({JumpFault::Kind::circle, std::string(name), live[node]});
    }
    return faults;
  }

  // Without live circles.
  std::vector<JumpFault> too_deep() const {
    const auto live = lives();
    Edges edges = edges_;
    for (std::size_t node = 0; node < edges.size(); ++node) {
      if (!live[node]) edges[node].clear();
    }
    std::vector<std::size_t> depth(edges.size(), 0);  // chains from a base chain to here
    for (const auto base : bases_) depth[base] = 1;
    for (const auto node : sorted(edges)) {
      for (const auto to : edges[node]) depth[to] = std::max(depth[to], depth[node] + (to < chains_.size() ? 1 : 0));
    }
    std::vector<JumpFault> faults;
    for (const auto& [name, node] : chains_) {
      if (depth[node] > max_depth) faults.push_back({JumpFault::Kind::depth, std::string(name), true});
    }
    return faults;
  }

  // By node, whether a base chain leads there.
  std::vector<bool> lives() const {
    std::vector<bool> live(edges_.size(), false);
    std::vector<std::size_t> waiting = bases_;
    while (!waiting.empty()) {
      const auto node = waiting.back();
      waiting.pop_back();
      if (live[node]) continue;
      live[node] = true;
      waiting.insert(waiting.end(), edges_[node].begin(), edges_[node].end());
    }
    return live;
  }

  using Names = std::map<std::string_view, std::size_t>;

  void link(std::size_t from, const Names& names, std::string_view name) {
    if (const auto to = names.find(name); to != names.end()) edges_[from].push_back(to->second);
  }

  void link_target(std::size_t from, const Verdict& verdict) {
    if (const auto target = target_of(verdict)) link(from, chains_, *target);
  }

  void link_chain(std::size_t from, const Chain& chain) {
    for (const Rule& rule : chain.rules) {
      link_target(from, rule.verdict);
      if (const auto map = map_of(rule.verdict)) link(from, maps_, *map);
    }
  }

  Edges edges_;
  Names chains_;
  Names maps_;
  std::vector<std::size_t> bases_;
};

}  // namespace

std::vector<Reference> references_of(const Rule& rule) {
  using To = Reference::To;
  std::vector<Reference> found;
  for (const Match& match : rule.matches) {
    if (auto reference = reference_of(match)) found.push_back(std::move(*reference));
  }
  if (!rule.counter.empty()) found.push_back({To::counter, rule.counter, {}});
  if (const auto target = target_of(rule.verdict)) found.push_back({To::chain, *target, {}});
  if (const auto* dispatch = std::get_if<Dispatch>(&rule.verdict)) {
    found.push_back({To::map, dispatch->map, address_type(dispatch->family)});
  }
  if (const auto* dispatch = std::get_if<DispatchInterface>(&rule.verdict)) {
    found.push_back({To::map, dispatch->map, interface_type()});
  }
  return found;
}

std::optional<std::string_view> target_of(const Verdict& verdict) {
  if (const auto* jump = std::get_if<Jump>(&verdict)) return jump->chain;
  if (const auto* go = std::get_if<Goto>(&verdict)) return go->chain;
  return std::nullopt;
}

std::optional<std::string_view> map_of(const Verdict& verdict) {
  if (const auto* dispatch = std::get_if<Dispatch>(&verdict)) return dispatch->map;
  if (const auto* dispatch = std::get_if<DispatchInterface>(&verdict)) return dispatch->map;
  return std::nullopt;
}

std::optional<Family> family_of(const Match& match) {
  using Found = std::optional<Family>;
  return std::visit(Overloaded{
                        [](const MatchFamily& m) -> Found { return m.family; },
                        [](const MatchAddress& m) -> Found { return m.prefix.address.family; },
                        [](const MatchAddressSet& m) -> Found { return m.family; },
                        [](const MatchEndpointSet& m) -> Found { return m.family; },
                        [](const MatchHopLimit&) -> Found { return Family::v6; },
                        [](const MatchIcmpv6Type&) -> Found { return Family::v6; },
                        [](const auto&) -> Found { return std::nullopt; },
                    },
                    match);
}

bool fits_in_map(const Verdict& verdict) {
  return !map_of(verdict) && !std::holds_alternative<Log>(verdict);
}

std::optional<Family> family_of(const Verdict& verdict) {
  if (const auto* dispatch = std::get_if<Dispatch>(&verdict)) return dispatch->family;
  return std::nullopt;
}

std::vector<JumpFault> jump_faults(const Table& table) {
  return JumpGraph(table).faults();
}

}  // namespace selvedge::nft
