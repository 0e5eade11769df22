// Pod chains and policy chains.
//
// A policy rule is (peers) x (ports). Two lookups, peers then ports, beat one
// concatenated set: a pod that comes or goes is then one element. A named port is
// a third kind of port: the pod's own (address, protocol, number).
#include <algorithm>

#include "controller/chains.h"
#include "controller/denial_prefix.h"

namespace selvedge {
namespace {

using nft::Family;
using nft::Match;
using nft::Side;

// Any of several ways to say who the peer is, with the element of `from` or `to` it comes from.
struct PeerMatch {
  std::optional<Family> family;  // none: of either
  std::vector<Match> matches;    // none: anyone of the family
  std::string where;
};

// "0-3,7"; `indices` is sorted.
std::string runs_of(const std::vector<std::size_t>& indices) {
  std::string runs;
  for (std::size_t i = 0, end = 0; i < indices.size(); i = end) {
    for (end = i + 1; end < indices.size() && indices[end] == indices[end - 1] + 1;) ++end;
    runs += (runs.empty() ? "" : ",") + std::to_string(indices[i]);
    if (end - i > 1) runs += "-" + std::to_string(indices[end - 1]);
  }
  return runs;
}

std::string where_of(const AllowRule& rule, Direction direction, const std::vector<std::size_t>& peers) {
  std::string where = std::string(to_string(direction)) + "[" + std::to_string(rule.index) + "]";
  if (peers.empty()) return where;
  return where + (direction == Direction::ingress ? " from[" : " to[") + runs_of(peers) + "]";
}

BlockSet of_family(const std::vector<nft::Interval>& blocks, Family family) {
  BlockSet result;
  std::ranges::copy_if(blocks, std::back_inserter(result), [&](const auto& i) { return i.first.family == family; });
  return result;
}

std::vector<std::size_t> peers_of_family(const std::vector<AllowRule::Block>& blocks, Family family) {
  std::vector<std::size_t> peers;
  for (const AllowRule::Block& block : blocks) {
    if (block.family == family) peers.push_back(block.index);
  }
  return peers;
}

std::optional<nft::Prefix> single_prefix(const BlockSet& blocks) {
  return blocks.size() == 1 ? nft::prefix_of(blocks[0]) : std::nullopt;
}

// One prefix needs no set, and /0 no comparison at all.
std::vector<Match> block_match(const BlockSet& blocks, Side side) {
  const Family family = blocks[0].first.family;
  const auto prefix = single_prefix(blocks);
  if (!prefix) return {nft::MatchAddressSet{side, family, set_name(blocks, family)}};
  if (prefix->bits == 0) return {};
  return {nft::MatchAddress{side, *prefix}};
}

std::vector<PeerMatch> peers_of(const AllowRule& rule, Direction direction, const std::set<Family>& families) {
  if (rule.anyone) return {{std::nullopt, {}, where_of(rule, direction, {})}};
  const Side side = direction == Direction::ingress ? Side::source : Side::destination;
  std::vector<PeerMatch> peers;
  for (const Family family : families) {
    for (const auto& [index, set] : rule.pods) {
      peers.push_back(
          {family, {nft::MatchAddressSet{side, family, set_name(set, family)}}, where_of(rule, direction, {index})});
    }
    if (const BlockSet blocks = of_family(rule.blocks, family); !blocks.empty()) {
      const auto from = peers_of_family(rule.block_peers, family);
      peers.push_back({family, block_match(blocks, side), where_of(rule, direction, from)});
    }
  }
  return peers;
}

NamedPortSet named_set(const NamedPort& port, Direction direction) {
  return {.port = port, .local = direction == Direction::ingress};
}

// What checks no address must say which family it is of.
std::vector<std::vector<Match>> ports_of(const PortMatch& ports, const PeerMatch& peer) {
  std::vector<Match> start;
  if (peer.family && peer.matches.empty()) start.push_back(nft::MatchFamily{*peer.family});
  if (ports.any) return {start};
  std::vector<std::vector<Match>> result;
  for (const auto& [protocol, ranges] : ports.numbered) {
    result.push_back(start);
    if (ranges.empty()) {
      result.back().push_back(nft::MatchProtocol{ip_protocol(protocol)});
    } else {
      result.back().push_back(nft::MatchPort{ip_protocol(protocol), ranges});
    }
  }
  return result;
}

std::vector<std::vector<Match>> named_ports_of(const PortMatch& ports, Direction direction, Family family) {
  std::vector<std::vector<Match>> result;
  for (const NamedPort& port : ports.named) {
    result.push_back({nft::MatchEndpointSet{family, set_name(named_set(port, direction), family)}});
  }
  return result;
}

// Half of the room at least is the policy's: blocks that alternate with selectors can have long lists of indices.
std::string comment_of(const Policy& policy, const std::string& where) {
  const std::string tail = " " + shortened(where, comment_limit / 2);
  return shortened(k8s::to_string(policy.key), comment_limit - tail.size()) + tail;
}

void add_rules(nft::Chain& chain, const Policy& policy, Direction direction, const PeerMatch& peer,
               const std::vector<std::vector<Match>>& ports) {
  for (const std::vector<Match>& port : ports) {
    nft::Rule rule{.matches = peer.matches,
                   .counter = allow_counter_name(direction, policy.key),
                   .verdict = nft::Accept{},
                   .comment = comment_of(policy, peer.where)};
    rule.matches.insert(rule.matches.end(), port.begin(), port.end());
    chain.rules.push_back(std::move(rule));
  }
}

void add_rules(nft::Chain& chain, const Policy& policy, Direction direction, const AllowRule& rule,
               const std::set<Family>& families) {
  for (const PeerMatch& peer : peers_of(rule, direction, families)) {
    add_rules(chain, policy, direction, peer, ports_of(rule.ports, peer));
    for (const Family family : families) {
      if (peer.family && *peer.family != family) continue;
      add_rules(chain, policy, direction, peer, named_ports_of(rule.ports, direction, family));
    }
  }
}

}  // namespace

nft::Chain policy_chain(const Policy& policy, Direction direction, const std::set<Family>& families) {
  nft::Chain chain;
  for (const AllowRule& rule : policy.in(direction).rules) add_rules(chain, policy, direction, rule, families);
  return chain;
}

std::set<SetSource> sets_of(const Policy& policy) {
  std::set<SetSource> sources;
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    for (const AllowRule& rule : policy.in(direction).rules) {
      for (const auto& pods : rule.pods) sources.insert(pods.set);
      for (const NamedPort& port : rule.ports.named) sources.insert(named_set(port, direction));
      for (const Family family : {Family::v4, Family::v6}) {
        BlockSet blocks = of_family(rule.blocks, family);
        if (!blocks.empty() && !single_prefix(blocks)) sources.insert(std::move(blocks));
      }
    }
  }
  return sources;
}

// A pod cannot be cut off from itself: through a Service its own packets come back to it (R6, semantics
// 79). What conntrack cannot place is allowed by no rule (semantics 43). What it was told not to track has
// no state: each packet is judged as a first one (98), for NodeLocal DNSCache exempts its own traffic.
nft::Chain pod_chain(const PodChain& pod) {
  using State = nft::MatchCtState;
  const nft::Verdict denied = pod.audited ? nft::Verdict(nft::Accept{}) : nft::Drop{};
  const std::string comment = pod.audited ? "audited: would be dropped" : "";
  const Side other = pod.direction == Direction::ingress ? Side::source : Side::destination;
  nft::Chain chain;
  for (const nft::Address& address : pod.addresses) {
    chain.rules.push_back({.matches = {nft::MatchAddress{other, nft::host_prefix(address)}},
                           .counter = "",
                           .verdict = nft::Accept{},
                           .comment = "itself"});
  }
  if (pod.own_node_open && pod.direction == Direction::egress) {
    chain.rules.push_back({.matches = {nft::MatchFibType{Side::destination, nft::MatchFibType::local, false}},
                           .counter = "",
                           .verdict = nft::Accept{},
                           .comment = "its own node"});
  }
  chain.rules.push_back(
      {.matches = {State{State::invalid}}, .counter = pod.counter, .verdict = denied, .comment = comment});
  for (const std::string& policy : pod.policy_chains) {
    chain.rules.push_back({.matches = {}, .counter = "", .verdict = nft::Jump{policy}, .comment = ""});
  }
  const Denial denial = pod.audited ? Denial::audit : Denial::policy;
  if (pod.log) chain.rules.push_back(log_rule(*pod.log, pod_prefix(denial, pod.direction, pod.name)));
  chain.rules.push_back({.matches = {}, .counter = pod.counter, .verdict = denied, .comment = comment});
  return chain;
}

}  // namespace selvedge
