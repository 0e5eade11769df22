#include "controller/verify/exploration.h"

#include <algorithm>
#include <map>
#include <set>

namespace selvedge::verify {
namespace {

using nft::Family;
using nft::Hook;
using nft::Packet;

std::vector<nft::Interval> all_edges(const nft::Table& table, const meaning::Meaning& state) {
  std::vector<nft::Interval> edges = edges_of(table);
  std::ranges::copy(state.address_edges(), std::back_inserter(edges));
  std::ranges::copy(ruled_addresses(), std::back_inserter(edges));
  return edges;
}

}  // namespace

Exploration::Exploration(Family family, const nft::Table& table, const meaning::Meaning& state, Judge& judge)
    : family_(family),
      viewpoint_(state.viewpoint()),
      judge_(judge),
      atoms_(family, all_edges(table, state)),
      inquiry_(table, atoms_),
      grants_(state, atoms_),
      guarded_(atoms_.size()) {
  for (Atom atom = 0; atom < atoms_.size(); ++atom) {
    if (state.guards(atoms_.first(atom))) guarded_.insert(atom);
  }
  for (const nft::Interval& interval : ruled_addresses()) {
    if (interval.first.family == family) ruled_.push_back(atoms_.within(interval));
  }
  Partition partition(atoms_.size());
  for (const nft::Address& address : state.local_addresses()) {
    if (address.family != family) continue;
    const Atom pod = atoms_.at(address);
    if (grants_.number(pod, Direction::ingress, pod) == 0 && grants_.number(pod, Direction::egress, pod) == 0) continue;
    anchors_.push_back(pod);
    partition.refine([&](Atom atom) { return atom == pod ? 1U : 0U; });
  }
  for (Lookup lookup = 0; lookup < inquiry_.lookups(); ++lookup) {
    partition.refine([&](Atom atom) { return inquiry_.finding(lookup, atom); });
  }
  std::map<std::string, std::uint32_t> numbers;
  partition.refine([&](Atom atom) {
    const auto likeness = state.likeness(atoms_.first(atom));
    return numbers.emplace(likeness, static_cast<std::uint32_t>(numbers.size())).first->second;
  });
  partition.refine([&](Atom atom) { return ruled(atom); });
  const std::set<Atom> anchors(anchors_.begin(), anchors_.end());
  for (const Atom atom : partition.representatives()) {
    if (!anchors.contains(atom)) others_.push_back(atom);
  }
}

// Which of the rulings' addresses it is among, and whether the guard holds it.
std::uint64_t Exploration::ruled(Atom atom) const {
  std::uint64_t number = guarded_.contains(atom) ? 1 : 0;
  for (const Atomset& set : ruled_) number = number * 2 + (set.contains(atom) ? 1 : 0);
  return number;
}

// Every interface that is asked for, and one that nobody knows.
std::vector<std::string> Exploration::names(const std::vector<std::string>& asked) const {
  std::set<std::string> all(asked.begin(), asked.end());
  std::string other = "eth0";
  while (all.contains(other) || other == viewpoint_.bridge) other += "x";
  all.insert(other);
  return {all.begin(), all.end()};
}

void Exploration::run() {
  for (const Hook hook : {Hook::forward, Hook::input, Hook::output}) explore_paths(hook);
}

void Exploration::explore_paths(Hook hook) {
  Region region;
  region.hook = hook;
  std::vector<std::string> ins{""};
  if (hook != Hook::output) {
    std::vector<std::string> asked = inquiry_.questions(region).in;
    asked.push_back(viewpoint_.bridge);
    ins = names(asked);
  }
  for (const std::string& in : ins) {
    region.in = in;
    region.out = std::nullopt;
    std::vector<std::string> outs{""};
    if (hook != Hook::input) {
      std::vector<std::string> next = inquiry_.questions(region).out;
      next.push_back(viewpoint_.bridge);
      outs = names(next);
    }
    for (const std::string& out : outs) {
      region.out = out;
      explore_states(region);
    }
  }
}

void Exploration::explore_states(Region region) {
  using State = nft::MatchCtState;
  const std::vector<std::uint32_t> asked = inquiry_.questions(region).states;
  std::set<std::vector<bool>> seen;
  for (const auto state : {State::fresh, State::established, State::related, State::invalid, State::untracked}) {
    std::vector<bool> answers;
    for (const std::uint32_t mask : asked) answers.push_back((mask & state) != 0);
    for (const auto of : {StateClass::reply, StateClass::invalid}) answers.push_back(class_of(state) == of);
    if (!seen.insert(std::move(answers)).second) continue;
    region.state = state;
    explore_types(region);
  }
}

// A broadcast is settled before anyone asks for addresses. What else a routing table may say of an
// address is asked of few, and is left open until they are known.
void Exploration::explore_types(Region region) {
  const Types any_broadcast = type_bit(nft::MatchFibType::broadcast);
  const Types rest = ~any_broadcast;  // "unreachable" among them, which a source without a route back has
  const Types broadcast = family_ == Family::v4 ? any_broadcast : 0;
  region.source_types = rest | broadcast;
  for (const Types types : {rest, broadcast}) {
    region.destination_types = types;
    if (types != 0) explore_addresses(region);
  }
}

// One of each class of types that the questions make.
std::vector<std::uint32_t> types_of(Types open, const std::vector<std::uint32_t>& asked) {
  constexpr std::uint32_t all = 32;
  std::vector<std::uint32_t> types;
  bool other = false;
  for (std::uint32_t i = 1; i <= all; ++i) {
    const std::uint32_t type = i % all;  // unicast first: it stands for those that nobody names
    if ((open & type_bit(type)) == 0) continue;
    const bool named = std::ranges::find(asked, type) != asked.end();
    if (named || !other) types.push_back(type);
    other = other || !named;
  }
  return types;
}

Atomset set_of(const std::vector<Atom>& members, std::size_t atoms) {
  Atomset set(atoms);
  for (const Atom atom : members) set.insert(atom);
  return set;
}

void Exploration::explore_addresses(const Region& region) {
  const Atomset others = set_of(others_, atoms_.size());
  if (settles_all(packet_of(region), viewpoint_) && inquiry_.questions(region).of_no_address()) {
    return ask_all(region, {others_.front()}, {others_.front()});
  }
  const bool policies = asks_policies(region);
  const auto sorted = [&](Atom pod, Direction direction) {
    return [this, pod, direction, policies](Atom other) {
      return ruled(other) << 32 | (policies ? grants_.number(pod, direction, other) : 0);
    };
  };

  ask_all(region, anchors_, anchors_);
  Region part = region;
  part.destination = &others;
  for (const Atom source : anchors_) {
    part.source = source;
    const auto lookups = inquiry_.questions(part).destination;
    ask_all(region, {source}, classes(others_, lookups, inquiry_, sorted(source, Direction::egress)));
  }
  part.source = &others;
  for (const Atom destination : anchors_) {
    part.destination = destination;
    const auto lookups = inquiry_.questions(part).source;
    ask_all(region, classes(others_, lookups, inquiry_, sorted(destination, Direction::ingress)), {destination});
  }
  part.destination = &others;
  const Questions between = inquiry_.questions(part);
  const auto by_rulings = [this](Atom atom) { return ruled(atom); };
  ask_all(region, classes(others_, between.source, inquiry_, by_rulings),
          classes(others_, between.destination, inquiry_, by_rulings));
}

void Exploration::ask_all(const Region& region, const std::vector<Atom>& sources,
                          const std::vector<Atom>& destinations) {
  for (const Atom source : sources) {
    for (const Atom destination : destinations) ask_pair(region, source, destination);
  }
}

// Of the types that are open, those that somebody asks for between these addresses.
void Exploration::ask_pair(Region region, Atom source, Atom destination) {
  region.source = source;
  region.destination = destination;
  const Questions& asked = inquiry_.questions(region);
  Packet packet = packet_of(region);
  std::vector<std::uint32_t> named_sources = asked.source_types;
  if (asks_for_own_source(packet, viewpoint_)) named_sources.push_back(nft::MatchFibType::local);
  const std::vector<std::uint32_t> source_types = types_of(region.source_types, named_sources);
  std::vector<std::uint32_t> named = asked.destination_types;
  named.push_back(nft::MatchFibType::local);
  if (ruled(destination) == 0 && !viewpoint_.own_node_open) named.pop_back();
  const std::vector<std::uint32_t> destination_types = types_of(region.destination_types, named);
  packet.source = atoms_.first(source);
  packet.destination = atoms_.first(destination);
  for (const std::uint32_t source_type : source_types) {
    for (const std::uint32_t destination_type : destination_types) {
      packet.source_type = source_type;
      packet.destination_type = destination_type;
      region.source_types = type_bit(source_type);
      region.destination_types = type_bit(destination_type);
      ask_transports(region, packet);
    }
  }
}

void Exploration::ask_transports(const Region& region, Packet packet) {
  TransportQuestions questions = inquiry_.questions(region).transport;
  if (asks_policies(region)) {
    const Atom source = std::get<Atom>(region.source);
    const Atom destination = std::get<Atom>(region.destination);
    grants_.add_ports(grants_.number(source, Direction::egress, destination), questions);
    if (region.hook != Hook::input) {
      grants_.add_ports(grants_.number(destination, Direction::ingress, source), questions);
    }
  }
  const TransportQuestions rulings = rulings_on(packet, viewpoint_);
  std::ranges::copy(rulings.ports, std::back_inserter(questions.ports));
  std::ranges::copy(rulings.icmpv6, std::back_inserter(questions.icmpv6));
  for (const Transport& transport : transports(family_, questions)) {
    packet.protocol = transport.protocol;
    packet.port = transport.port;
    packet.icmpv6_type = transport.icmpv6_type;
    packet.hop_limit = transport.hop_limit;
    packet.midstream = transport.midstream;
    judge_.ask(packet);
  }
}

Packet Exploration::packet_of(const Region& region) const {
  Packet packet;
  packet.hook = region.hook;
  packet.in = region.in.value_or("");
  packet.out = region.out.value_or("");
  packet.source.family = packet.destination.family = family_;
  packet.state = region.state.value_or(nft::MatchCtState::fresh);
  return packet;
}

}  // namespace selvedge::verify
