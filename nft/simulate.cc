// The kernel's nft_do_chain (net/netfilter/nf_tables_core.c) on our values.
//
// Matches hold or not by themselves: the checks that one brings with it (netlink_lower.cc) are
// made once per rule in the kernel, but since all must hold, who makes them is all the same.
// A log counts as a rule that the packet met, though the limit before it may have kept the kernel from telling.
// The surprise: `oifname != "cni0"` holds at input, where there is no such interface; to
// the kernel its name is then empty.
#include "nft/simulate.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <unordered_map>
#include <utility>

namespace selvedge::nft {
namespace {

constexpr std::uint8_t tcp = 6, icmpv6 = 58;

const Address& address_of(const Packet& packet, Side side) {
  return side == Side::source ? packet.source : packet.destination;
}

Family family_of(const Packet& packet) {
  return packet.destination.family;
}

std::uint16_t ether_type_of(const Packet& packet) {
  if (packet.ether_type != 0) return packet.ether_type;
  return family_of(packet) == Family::v4 ? MatchEtherType::ip : MatchEtherType::ip6;
}

template <typename T>
bool among(const std::vector<Range<T>>& ranges, T value) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), value,
                                      [](T left, const Range<T>& range) { return left < range.first; });
  return after != ranges.begin() && value <= std::prev(after)->last;
}

template <typename Named>
const Named& named(const std::map<std::string, Named>& all, const std::string& name) {
  const auto found = all.find(name);
  assert(found != all.end() && "validate() finds dangling references");
  return found->second;
}

bool is_in(const Set& set, const Key& key) {
  const auto after = std::upper_bound(set.elements.begin(), set.elements.end(), key,
                                      [](const Key& left, const Element& element) { return left < element.first; });
  return after != set.elements.begin() && key <= std::prev(after)->last;
}

struct Holds {
  const Table& table;
  const HeldElements* elements;  // null: they are in the table
  const Packet& packet;

  bool has(const std::string& set, const Key& key) const {
    if (elements == nullptr) return is_in(named(table.sets, set), key);
    return named(*elements, set).contains(key);
  }

  bool operator()(const MatchFamily& m) const { return family_of(packet) == m.family; }
  bool operator()(const MatchProtocol& m) const { return packet.protocol == m.protocol; }
  bool operator()(const MatchAddress& m) const { return contains(m.prefix, address_of(packet, m.side)); }
  bool operator()(const MatchAddressSet& m) const {
    return family_of(packet) == m.family && has(m.set, key_of(address_of(packet, m.side)));
  }
  bool operator()(const MatchEndpointSet& m) const {
    return family_of(packet) == m.family && has(m.set, key_of(packet.destination, packet.protocol, packet.port));
  }
  bool operator()(const MatchPort& m) const { return packet.protocol == m.protocol && among(m.ports, packet.port); }
  bool operator()(const MatchCtState& m) const { return (packet.state & m.states) != 0; }
  bool operator()(const MatchInterface& m) const {
    return ((m.way == Way::in ? packet.in : packet.out) == m.name) != m.negated;
  }
  bool operator()(const MatchIcmpv6Type& m) const {
    return family_of(packet) == Family::v6 && packet.protocol == icmpv6 && among(m.types, packet.icmpv6_type);
  }
  bool operator()(const MatchHopLimit& m) const {
    return family_of(packet) == Family::v6 && packet.hop_limit == m.limit;
  }
  bool operator()(const MatchMidstream&) const { return packet.protocol == tcp && packet.midstream; }
  bool operator()(const MatchEtherType& m) const {
    return std::ranges::binary_search(m.types, ether_type_of(packet)) != m.negated;
  }
  bool operator()(const MatchFibType& m) const {
    return ((m.side == Side::source ? packet.source_type : packet.destination_type) == m.type) != m.negated;
  }
};

using NamedChain = std::pair<const std::string, Chain>;
using ChainsByName = std::unordered_map<std::string_view, const NamedChain*>;

// The walk through the base chains of one hook.
class Run {
 public:
  // No trace: nobody asks for it, and it is half the work.
  Run(const Holds& holds, const ChainsByName& chains, std::vector<Step>* trace)
      : holds_(holds), chains_(chains), trace_(trace) {}

  bool accepts(const std::vector<const NamedChain*>& bases) {
    return std::all_of(bases.begin(), bases.end(), [&](const auto* chain) { return walk(*chain) != End::dropped; });
  }

 private:
  enum class End : std::uint8_t { accepted, dropped, returned };

  End walk(const NamedChain& chain) {
    const auto& [name, body] = chain;
    for (std::size_t i = 0; i < body.rules.size(); ++i) {
      const Rule& rule = body.rules[i];
      if (!all_hold(rule.matches)) continue;
      const Verdict* verdict = resolve(rule.verdict);
      if (verdict == nullptr) continue;
      if (trace_ != nullptr) trace_->push_back({name, i});
      if (std::holds_alternative<Log>(*verdict)) continue;
      if (const auto* jump = std::get_if<Jump>(verdict)) {
        const End end = walk(chain_named(jump->chain));
        if (end != End::returned) return end;
        continue;
      }
      return last(*verdict);
    }
    return End::returned;
  }

  // What ends the chain for good. Whoever is gone to returns to where this chain would.
  End last(const Verdict& verdict) {
    if (std::holds_alternative<Accept>(verdict)) return End::accepted;
    if (std::holds_alternative<Drop>(verdict)) return End::dropped;
    if (const auto* target = std::get_if<Goto>(&verdict)) return walk(chain_named(target->chain));
    return End::returned;
  }

  bool all_hold(const std::vector<Match>& matches) const {
    return std::all_of(matches.begin(), matches.end(), [&](const Match& match) { return std::visit(holds_, match); });
  }

  // What the map holds, if that is asked for; null: nothing.
  const Verdict* resolve(const Verdict& verdict) const {
    if (const auto* dispatch = std::get_if<DispatchInterface>(&verdict))
      return held(dispatch->map, key_of_interface(holds_.packet.in_index));
    const auto* dispatch = std::get_if<Dispatch>(&verdict);
    if (dispatch == nullptr) return &verdict;
    if (family_of(holds_.packet) != dispatch->family) return nullptr;
    return held(dispatch->map, key_of(address_of(holds_.packet, dispatch->side)));
  }

  const Verdict* held(const std::string& map, const Key& key) const {
    const auto& elements = named(holds_.table.maps, map).elements;
    const auto found = elements.find(key);
    return found == elements.end() ? nullptr : &found->second;
  }

  const NamedChain& chain_named(const std::string& name) const {
    const auto found = chains_.find(name);
    assert(found != chains_.end() && "validate() finds dangling references");
    return *found->second;
  }

  Holds holds_;
  const ChainsByName& chains_;
  std::vector<Step>* trace_;
};

}  // namespace

// The kernel runs the latest of equal priorities first, but since a drop ends all and an accept nothing but its
// own chain, their order has no say; here it is by name.
Simulation::Simulation(const Table& table, const HeldElements* elements) : table_(table), elements_(elements) {
  for (const NamedChain& chain : table.chains) {
    chains_.emplace(chain.first, &chain);
    if (chain.second.base) bases_[chain.second.base->hook].push_back(&chain);
  }
  for (auto& [hook, chains] : bases_) {
    std::stable_sort(chains.begin(), chains.end(), [](const NamedChain* left, const NamedChain* right) {
      return left->second.base->priority < right->second.base->priority;
    });
  }
}

Simulation::Simulation(const Table& table) : Simulation(table, nullptr) {}
Simulation::Simulation(const PackedTable& table) : Simulation(table.outline, &table.elements) {}

Outcome Simulation::run(const Packet& packet) const {
  Outcome outcome;
  const auto bases = bases_.find(packet.hook);
  if (bases == bases_.end()) return outcome;
  outcome.accepted = Run({table_, elements_, packet}, chains_, &outcome.trace).accepts(bases->second);
  return outcome;
}

bool Simulation::accepts(const Packet& packet) const {
  const auto bases = bases_.find(packet.hook);
  return bases == bases_.end() || Run({table_, elements_, packet}, chains_, nullptr).accepts(bases->second);
}

Outcome simulate(const Table& table, const Packet& packet) {
  return Simulation(table).run(packet);
}

bool holds(const Table& table, const Match& match, const Packet& packet) {
  return std::visit(Holds{table, nullptr, packet}, match);
}

}  // namespace selvedge::nft
