#include "controller/verify/inquiry.h"

#include <algorithm>

#include "nft/overloaded.h"

namespace selvedge::verify {
namespace {

using nft::Family;
using nft::Side;

constexpr std::uint8_t tcp = 6, icmpv6 = 58;

template <typename T>
void sort_once(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

void Questions::clear() {
  in.clear();
  out.clear();
  states.clear();
  source_types.clear();
  destination_types.clear();
  source.clear();
  destination.clear();
  transport.protocols.clear();
  transport.ports.clear();
  transport.icmpv6.clear();
  transport.hops.clear();
  transport.midstream = false;
}

void Questions::sort() {
  sort_once(in);
  sort_once(out);
  sort_once(states);
  sort_once(source_types);
  sort_once(destination_types);
  sort_once(source);
  sort_once(destination);
  sort_once(transport.protocols);
  sort_once(transport.ports);
  sort_once(transport.icmpv6);
  sort_once(transport.hops);
}

// ---- the table, made ready -------------------------------------------------------

Inquiry::Inquiry(const nft::Table& table, const Atoms& atoms) : table_(table), atoms_(atoms) {
  for (const auto& [name, chain] : table.chains) ids_.emplace(name, ids_.size());
  std::map<nft::Hook, std::multimap<std::int32_t, ChainId>> bases;
  for (const auto& [name, chain] : table.chains) {
    std::vector<CompiledRule> rules;
    for (const nft::Rule& rule : chain.rules) {
      if (!std::holds_alternative<nft::Log>(rule.verdict)) rules.push_back(compile(rule));  // that changes no verdict
    }
    chains_.push_back(std::move(rules));
    if (chain.base) bases[chain.base->hook].emplace(chain.base->priority, chains_.size() - 1);
  }
  for (const auto& [hook, chains] : bases) {
    for (const auto& [priority, chain] : chains) bases_[hook].push_back(chain);
  }
}

Inquiry::Target Inquiry::target_of(const nft::Verdict& verdict) const {
  using Kind = Target::Kind;
  return std::visit(nft::Overloaded{
                        [](const nft::Accept&) {
                          return Target{Kind::accept, 0};
                        },
                        [](const nft::Drop&) {
                          return Target{Kind::drop, 0};
                        },
                        [](const nft::Return&) {
                          return Target{Kind::back, 0};
                        },
                        [this](const nft::Jump& to) {
                          return Target{Kind::jump, ids_.at(to.chain)};
                        },
                        [this](const nft::Goto& to) {
                          return Target{Kind::leave, ids_.at(to.chain)};
                        },
                        [](const auto&) {
                          return Target{Kind::back, 0};
                        },  // no map holds one that dispatches, no inet table one that does by interface
                    },
                    verdict);
}

Inquiry::CompiledRule Inquiry::compile(const nft::Rule& rule) {
  CompiledRule compiled;
  for (const nft::Match& match : rule.matches) compiled.matches.push_back({&match, lookup(match)});
  if (const auto* dispatch = std::get_if<nft::Dispatch>(&rule.verdict)) {
    compiled.side = dispatch->side;
    compiled.other_family = dispatch->family != atoms_.family();
    if (!compiled.other_family) compiled.map = lookup_of_map(dispatch->map);
  } else {
    compiled.target = target_of(rule.verdict);
  }
  return compiled;
}

Lookup Inquiry::lookup(const nft::Match& match) {
  const Family family = atoms_.family();
  return std::visit(
      nft::Overloaded{
          [&](const nft::MatchAddress& m) {
            return m.prefix.address.family == family
                       ? add("prefix " + nft::to_string(m.prefix), prefix_column(m.prefix, atoms_))
                       : 0;
          },
          [&](const nft::MatchAddressSet& m) {
            return m.family == family ? add("set " + m.set, set_column(table_.sets.at(m.set), atoms_)) : 0;
          },
          [&](const nft::MatchEndpointSet& m) {
            return m.family == family ? add("set " + m.set, endpoint_column(table_.sets.at(m.set), atoms_)) : 0;
          },
          [](const auto&) { return Lookup{0}; },
      },
      match);
}

Lookup Inquiry::lookup_of_map(const std::string& name) {
  return add("map " + name, map_column(table_.maps.at(name), atoms_));
}

Lookup Inquiry::add(const std::string& key, Column column) {
  const auto [known, fresh] = known_lookups_.emplace(key, lookups_.size());
  if (fresh) lookups_.push_back(std::move(column));
  return known->second;
}

// ---- walking it --------------------------------------------------------------------

const Questions& Inquiry::questions(const Region& region) {
  region_ = region;
  questions_.clear();
  ends_.assign(chains_.size(), {});
  for (const ChainId base : bases_[region.hook]) {
    const Ends ends = walk(base);
    if (!ends.back && !ends.accepted) break;  // all that came was dropped
  }
  questions_.sort();
  return questions_;
}

Inquiry::Ends Inquiry::walk(ChainId chain) {
  if (ends_[chain].known) return ends_[chain];
  Ends ends{.known = true};
  bool open = true;
  for (const CompiledRule& rule : chains_[chain]) {
    const Truth holds = truth(rule);
    if (holds == Truth::never) continue;
    open = rule.target ? follow(*rule.target, holds, ends) : dispatch(rule, holds, ends);
    if (!open) break;
  }
  ends.back = ends.back || open;
  return ends_[chain] = ends;
}

bool Inquiry::follow(const Target& target, Truth truth, Ends& ends) {
  const bool always = truth == Truth::always;
  switch (target.kind) {
    case Target::Kind::accept:
      ends.accepted = true;
      return !always;
    case Target::Kind::drop:
      ends.dropped = true;
      return !always;
    case Target::Kind::back:
      ends.back = true;
      return !always;
    case Target::Kind::jump:
    case Target::Kind::leave:
      break;
  }
  const Ends below = walk(target.chain);
  ends.accepted |= below.accepted;
  ends.dropped |= below.dropped;
  if (target.kind == Target::Kind::jump) return !always || below.back;
  ends.back |= below.back;
  return !always;
}

bool Inquiry::dispatch(const CompiledRule& rule, Truth truth, Ends& ends) {
  if (rule.other_family) return true;
  const Column& column = lookups_[rule.map];
  const Region::Where& where = region_.at(rule.side);
  if (const Atom* atom = std::get_if<Atom>(&where)) {
    const std::uint32_t finding = column.findings[*atom];
    return finding == 0 || follow(target_of(column.verdicts[finding - 1]), truth, ends);
  }
  if (this->truth(rule.side, rule.map) == Truth::never) return true;
  for (const nft::Verdict& verdict : column.verdicts) follow(target_of(verdict), Truth::sometimes, ends);
  return true;
}

Inquiry::Truth Inquiry::truth(const CompiledRule& rule) {
  Truth all = Truth::always;
  Carried carried;
  for (const Asked& asked : rule.matches) {
    const Truth one = truth(asked, carried);
    if (one == Truth::never) return Truth::never;
    if (one == Truth::sometimes) all = Truth::sometimes;
  }
  TransportQuestions& questions = questions_.transport;
  for (const nft::MatchIcmpv6Type* match : carried.types) {
    for (const auto& range : match->types) questions.icmpv6.push_back({range, carried.hop_limit});
  }
  if (carried.types.empty() && carried.hop_limit) {
    questions.hops.push_back({carried.protocol, *carried.hop_limit});
  }
  return all;
}

// Of an address. Unknown: it is asked.
Inquiry::Truth Inquiry::truth(Side side, Lookup lookup) {
  const Column& column = lookups_[lookup];
  const Region::Where& where = region_.at(side);
  if (const Atom* atom = std::get_if<Atom>(&where)) {
    return column.findings[*atom] != 0 ? Truth::always : Truth::never;
  }
  if (const auto* set = std::get_if<const Atomset*>(&where)) {
    if (!column.hits.intersects(**set)) return Truth::never;
  }
  (side == Side::source ? questions_.source : questions_.destination).push_back(lookup);
  return Truth::sometimes;
}

Inquiry::Truth Inquiry::endpoint(Lookup lookup, std::optional<std::uint8_t> protocol) {
  const Truth address = truth(Side::destination, lookup);
  if (address != Truth::always) return address;
  const Column& column = lookups_[lookup];
  for (const auto& [of, port] : column.endpoints[column.findings[std::get<Atom>(region_.destination)] - 1]) {
    if (!protocol || *protocol == of) questions_.transport.ports.push_back({of, {port, port}});
  }
  return Truth::sometimes;
}

Inquiry::Truth Inquiry::truth(const Asked& asked, Carried& carried) {
  const auto known = [](bool holds) { return holds ? Truth::always : Truth::never; };
  const auto ask = [](auto& questions, auto question) {
    questions.push_back(std::move(question));
    return Truth::sometimes;
  };
  const Family family = atoms_.family();
  return std::visit(nft::Overloaded{
                        [&](const nft::MatchFamily& m) { return known(m.family == family); },
                        [&](const nft::MatchAddress& m) {
                          return m.prefix.address.family == family ? truth(m.side, asked.lookup) : Truth::never;
                        },
                        [&](const nft::MatchAddressSet& m) {
                          return m.family == family ? truth(m.side, asked.lookup) : Truth::never;
                        },
                        [&](const nft::MatchEndpointSet& m) {
                          return m.family == family ? endpoint(asked.lookup, carried.protocol) : Truth::never;
                        },
                        [&](const nft::MatchProtocol& m) {
                          carried.protocol = m.protocol;
                          return ask(questions_.transport.protocols, m.protocol);
                        },
                        [&](const nft::MatchPort& m) {
                          carried.protocol = m.protocol;
                          for (const auto& range : m.ports) questions_.transport.ports.push_back({m.protocol, range});
                          return Truth::sometimes;
                        },
                        [&](const nft::MatchIcmpv6Type& m) {
                          if (family != Family::v6) return Truth::never;
                          carried.protocol = icmpv6;
                          carried.types.push_back(&m);
                          return Truth::sometimes;
                        },
                        [&](const nft::MatchHopLimit& m) {
                          carried.hop_limit = m.limit;
                          return family == Family::v6 ? Truth::sometimes : Truth::never;
                        },
                        [&](const nft::MatchMidstream&) {
                          carried.protocol = tcp;
                          questions_.transport.midstream = true;
                          return Truth::sometimes;
                        },
                        [&](const nft::MatchCtState& m) {
                          return region_.state ? known((*region_.state & m.states) != 0)
                                               : ask(questions_.states, m.states);
                        },
                        [&](const nft::MatchInterface& m) {
                          const auto& name = m.way == nft::Way::in ? region_.in : region_.out;
                          if (name) return known((*name == m.name) != m.negated);
                          return ask(m.way == nft::Way::in ? questions_.in : questions_.out, m.name);
                        },
                        [&](const nft::MatchFibType& m) {
                          const bool source = m.side == Side::source;
                          const Types types = source ? region_.source_types : region_.destination_types;
                          const Types asked_for = type_bit(m.type);
                          if ((types & asked_for) == 0 || types == asked_for)
                            return known((types == asked_for) != m.negated);
                          return ask(source ? questions_.source_types : questions_.destination_types, m.type);
                        },
                        [&](const nft::MatchEtherType& m) {  // at hooks of IP, frames are what their packets are
                          using Type = nft::MatchEtherType;
                          const auto own = family == Family::v4 ? Type::ip : Type::ip6;
                          return known((std::ranges::find(m.types, own) != m.types.end()) != m.negated);
                        },
                    },
                    *asked.match);
}

}  // namespace selvedge::verify
