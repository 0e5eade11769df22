// The base chains are the same on every node but for a few facts (struct Node).
#include <algorithm>

#include "controller/chains.h"
#include "controller/denial_prefix.h"

namespace selvedge {
namespace {

using nft::Accept;
using nft::Chain;
using nft::Drop;
using nft::Family;
using nft::Match;
using nft::Rule;
using nft::Side;
using nft::Way;

constexpr std::uint8_t udp = 17;
constexpr std::int32_t before_ipvs = -10, after_ipvs = 110;  // at input, where it takes packets at 99
const std::string link_scope = "link-scope";

nft::Prefix prefix(const char* text) {
  return *nft::parse_prefix(text);
}

Rule accept(std::vector<Match> matches, std::string comment = "") {
  return {.matches = std::move(matches), .counter = "", .verdict = Accept{}, .comment = std::move(comment)};
}
// Where what is denied for no pod's policies is told, counted and dropped.
struct DenialChain {
  std::string name;
  std::string counter;
  std::string prefix;
};
const DenialChain link_scope_denied{"denied-link-scope", "deny-link-scope", base_prefix(Denial::link_scope)};
const DenialChain vxlan_denied{"denied-vxlan", "deny-vxlan", base_prefix(Denial::vxlan)};
const DenialChain own_address_denied{"denied-own-address", "deny-own-address", base_prefix(Denial::own_address)};
const DenialChain egress_guarded{"denied-guard-egress", "deny-guard", guard_prefix(Direction::egress)};
const DenialChain ingress_guarded{"denied-guard-ingress", "deny-guard", guard_prefix(Direction::ingress)};

Rule deny(std::vector<Match> matches, const DenialChain& by, std::string comment) {
  return {.matches = std::move(matches), .counter = "", .verdict = nft::Goto{by.name}, .comment = std::move(comment)};
}
Rule jump(std::vector<Match> matches, const std::string& chain) {
  return {.matches = std::move(matches), .counter = "", .verdict = nft::Jump{chain}, .comment = ""};
}

Match source(const char* text) {
  return nft::MatchAddress{Side::source, prefix(text)};
}
Match destination(const char* text) {
  return nft::MatchAddress{Side::destination, prefix(text)};
}
Match udp_port(std::uint16_t first, std::uint16_t last) {
  return nft::MatchPort{udp, {{first, last}}};
}
Match destination_type(std::uint32_t type) {
  return nft::MatchFibType{Side::destination, type, false};
}
Match interface(Way way, const std::string& name) {
  return nft::MatchInterface{way, name, false};
}
Match other_interface(Way way, const std::string& name) {
  return nft::MatchInterface{way, name, true};
}

Match own(Side side) {
  return nft::MatchFibType{side, nft::MatchFibType::local, false};
}

void append(Chain& chain, std::vector<Rule> rules) {
  for (Rule& rule : rules) chain.rules.push_back(std::move(rule));
}

Rule replies() {
  using State = nft::MatchCtState;
  return accept({State{State::established | State::related}});
}

// Router advertisements and redirects are the node's to send, which no rule here judges. From a pod they would
// give a neighbour an address, and with it a way in and out, that no map knows (CVE-2020-10749).
Rule no_routers(std::vector<Match> where) {
  where.push_back(nft::MatchIcmpv6Type{{{134, 134}, {137, 137}}});
  return deny(std::move(where), link_scope_denied, "a pod is no router");
}

// A routed packet never has hop limit 255, so neighbour discovery cannot carry data out of the link
// (RFC 4861 section 7.1; R5); multicast listener reports have 1 and a link-local or no source (RFC 3810).
std::vector<Rule> discovery() {
  const Match neighbour = nft::MatchIcmpv6Type{{{133, 137}}};
  const Match listener = nft::MatchIcmpv6Type{{{130, 132}, {143, 143}}};
  return {
      accept({neighbour, nft::MatchHopLimit{255}}, "neighbour discovery"),
      accept({source("fe80::/10"), listener, nft::MatchHopLimit{1}}, "multicast listeners"),
      accept({source("::/128"), listener, nft::MatchHopLimit{1}}, "multicast listeners"),
  };
}

// R13: rules go by pod addresses, so whatever reaches a pod's interface by another address is dropped
// as soon as some pod here is isolated: link-local, broadcast, multicast. DHCP requests pass; answers come
// from the node, which no rule here judges. So do IPv4 link-local addresses of the node itself (NodeLocal
// DNSCache at 169.254.20.10): pods are meant to reach them, from their own addresses, by which the sender's
// egress rules judge them. Multicast goes by its addresses: the routing table takes ff00:: for an anycast address.
Chain link_scope_chain() {
  using Type = nft::MatchFibType;
  const DenialChain& by = link_scope_denied;
  Chain chain;
  append(chain, {
                    accept({destination_type(Type::broadcast), udp_port(67, 67)}, "DHCP"),
                    accept({destination("ff02::1:2/128"), udp_port(547, 547)}, "DHCPv6"),
                    deny({destination_type(Type::broadcast)}, by, "broadcast"),
                    deny({destination("224.0.0.0/4")}, by, "multicast"),
                    deny({destination("ff00::/8")}, by, "multicast"),
                    deny({source("169.254.0.0/16")}, by, "link-local"),
                    deny({destination("169.254.0.0/16"), nft::MatchFibType{Side::destination, Type::local, true}}, by,
                         "link-local"),
                    deny({source("fe80::/10")}, by, "link-local"),
                    deny({destination("fe80::/10")}, by, "link-local"),
                });
  return chain;
}

enum class Interfaces { both_known, only_out };  // at the chain's hook

// What the maps do not know and the guard holds ends here, if it comes from the pod bridge or goes there: by any other
// interface the address is no pod's of this node, whatever ranges the Node names. Where nobody tells by which interface
// a packet came, the address alone decides. Not broadcasts: they are all pods', and R13's to judge.
void dispatch(Chain& chain, Direction direction, const Node& node, Interfaces known) {
  const Side side = direction == Direction::egress ? Side::source : Side::destination;
  for (const Family family : {Family::v4, Family::v6}) {
    chain.rules.push_back({.matches = {},
                           .counter = "",
                           .verdict = nft::Dispatch{side, family, dispatch_map_name(direction, family)},
                           .comment = ""});
  }
  const Way way = direction == Direction::egress ? Way::in : Way::out;
  for (const nft::Prefix& range : node.guarded) {
    std::vector<Match> matches{nft::MatchAddress{side, range}};
    if (way == Way::out || known == Interfaces::both_known) matches.push_back(interface(way, node.bridge));
    if (side == Side::destination && range.address.family == Family::v4)
      matches.push_back(nft::MatchFibType{side, nft::MatchFibType::broadcast, true});
    const DenialChain& by = direction == Direction::egress ? egress_guarded : ingress_guarded;
    chain.rules.push_back(deny(std::move(matches), by, "no known pod has the address"));
  }
}

std::vector<Rule> no_encapsulation(const Node& node, std::vector<Match> where) {
  if (node.vxlan_port == 0) return {};
  where.push_back(udp_port(node.vxlan_port, node.vxlan_port));
  return {deny(std::move(where), vxlan_denied, "encapsulation by a pod")};
}

Chain egress_chain(const Node& node) {
  Chain chain{.base = nft::Base{nft::Hook::forward, -10}, .rules = {replies()}};
  const std::vector<Match> between_ports{interface(Way::in, node.bridge), interface(Way::out, node.bridge)};
  if (node.isolates) chain.rules.push_back(no_routers(between_ports));
  append(chain, discovery());
  if (node.isolates) chain.rules.push_back(jump(between_ports, link_scope));
  // R14: to any other place than a neighbour such a packet could forge an inner one of any source.
  append(chain, no_encapsulation(node, {interface(Way::in, node.bridge), other_interface(Way::out, node.bridge)}));
  dispatch(chain, Direction::egress, node, Interfaces::both_known);
  return chain;
}

Chain ingress_chain(const Node& node) {
  Chain chain{.base = nft::Base{nft::Hook::forward, -5}, .rules = {replies()}};
  append(chain, discovery());
  dispatch(chain, Direction::ingress, node, Interfaces::both_known);
  return chain;
}

Rule not_from_pods(const Node& node) {
  return accept({other_interface(Way::in, node.bridge)});
}

std::vector<Rule> to_link_scope(const Node& node) {
  if (!node.isolates) return {};
  return {jump({}, link_scope)};
}

Chain to_node_chain(const Node& node, std::int32_t priority) {
  Chain chain{.base = nft::Base{nft::Hook::input, priority}, .rules = {}};
  chain.rules.push_back(not_from_pods(node));
  chain.rules.push_back(replies());
  if (node.isolates) chain.rules.push_back(no_routers({}));
  append(chain, discovery());
  append(chain, to_link_scope(node));
  append(chain, no_encapsulation(node, {}));
  dispatch(chain, Direction::egress, node, Interfaces::both_known);
  return chain;
}

// Before IPVS takes packets, what is to be judged by where they come from: as it sends them on, only the source
// tells whether they are the node's own.
Chain to_services_chain(const Node& node) {
  Chain chain{.base = nft::Base{nft::Hook::input, before_ipvs}, .rules = {}};
  chain.rules.push_back(not_from_pods(node));
  chain.rules.push_back(replies());
  append(chain, discovery());
  append(chain, to_link_scope(node));
  chain.rules.push_back(deny({own(Side::source)}, own_address_denied, "the node's own address, from a pod"));
  return chain;
}

// The node's own packets to its pods always pass (R2). By which interface others came nobody tells at this hook.
Chain services_chain(const Node& node, Direction direction, std::int32_t priority) {
  Chain chain{.base = nft::Base{nft::Hook::output, priority}, .rules = {replies()}};
  chain.rules.push_back(accept({own(Side::source)}, "from the node itself"));
  append(chain, discovery());
  if (direction == Direction::egress) append(chain, no_encapsulation(node, {other_interface(Way::out, node.bridge)}));
  dispatch(chain, direction, node, Interfaces::only_out);
  return chain;
}

bool leads_to(const std::map<std::string, Chain>& chains, const std::string& name) {
  const auto goes_there = [&](const Rule& rule) { return rule.verdict == nft::Verdict(nft::Goto{name}); };
  return std::ranges::any_of(chains,
                             [&](const auto& one) { return std::ranges::any_of(one.second.rules, goes_there); });
}

// Those that the others lead to.
void add_denial_chains(std::map<std::string, Chain>& chains, const Node& node) {
  for (const auto& by : {link_scope_denied, vxlan_denied, own_address_denied, egress_guarded, ingress_guarded}) {
    if (!leads_to(chains, by.name)) continue;
    Chain& chain = chains[by.name];
    if (node.log) chain.rules.push_back(log_rule(*node.log, by.prefix));
    chain.rules.push_back({.matches = {}, .counter = by.counter, .verdict = Drop{}, .comment = ""});
  }
}

}  // namespace

std::string dispatch_map_name(Direction direction, Family family) {
  return std::string(to_string(direction)) + (family == Family::v4 ? "-v4" : "-v6");
}

std::map<std::string, Chain> base_chains(const Node& node) {
  std::map<std::string, Chain> chains{{"egress", egress_chain(node)}, {"ingress", ingress_chain(node)}};
  if (node.ipvs) {
    chains["to-services"] = to_services_chain(node);
    chains["to-node-late"] = to_node_chain(node, after_ipvs);
    chains["egress-services"] = services_chain(node, Direction::egress, -10);
    chains["ingress-services"] = services_chain(node, Direction::ingress, -5);
  } else {
    chains["to-node"] = to_node_chain(node, before_ipvs);
  }
  if (node.isolates) chains[link_scope] = link_scope_chain();
  add_denial_chains(chains, node);
  return chains;
}

}  // namespace selvedge
