#include "controller/port_table.h"

#include <algorithm>
#include <set>
#include <utility>

namespace selvedge {
namespace {

using nft::Chain;
using nft::Family;
using nft::Match;
using nft::Rule;
using nft::Side;
using nft::Verdict;

constexpr const char* counter = "deny-spoof";
constexpr std::uint8_t udp = 17;
constexpr nft::Hook hook = nft::Hook::prerouting;
constexpr std::int32_t priority = -250;  // before br_netfilter hands packets to the rules of IP (0)

Rule rule(std::vector<Match> matches, Verdict verdict, std::string comment = "") {
  return {.matches = std::move(matches), .counter = "", .verdict = std::move(verdict), .comment = std::move(comment)};
}
Rule accept(std::vector<Match> matches, std::string comment = "") {
  return rule(std::move(matches), nft::Accept{}, std::move(comment));
}
Rule drop(std::vector<Match> matches, std::string comment) {
  return {.matches = std::move(matches), .counter = counter, .verdict = nft::Drop{}, .comment = std::move(comment)};
}

Match from(const nft::Prefix& prefix) {
  return nft::MatchAddress{Side::source, prefix};
}
Match from(const char* prefix) {
  return from(*nft::parse_prefix(prefix));
}
Match from_any(Family family) {
  return from(family == Family::v4 ? "0.0.0.0/0" : "::/0");
}

std::string set_name(const char* what, Family family) {
  return std::string(what) + (family == Family::v4 ? "-v4" : "-v6");
}

Rule other_frames() {
  using Type = nft::MatchEtherType;
  return drop({Type{{Type::ip, Type::arp, Type::ip6}, true}}, "tagged, or no IP");
}

// Which packets may come from an address that is no pod's own: RFC 2131, RFC 4861 and 4862 (duplicate address
// detection, router solicitation), RFC 3810.
Chain sourceless() {
  const Match without_v6 = from("::/128");
  return {.base = std::nullopt,
          .rules = {accept({from("0.0.0.0/32"), nft::MatchPort{udp, {{67, 67}}}}, "DHCP"),
                    accept({without_v6, nft::MatchIcmpv6Type{{{133, 133}, {135, 135}}}, nft::MatchHopLimit{255}},
                           "neighbour discovery"),
                    accept({without_v6, nft::MatchIcmpv6Type{{{131, 132}, {143, 143}}}, nft::MatchHopLimit{1}},
                           "multicast listeners"),
                    accept({from("fe80::/10")}, "link-local"), drop({from_any(Family::v4)}, "not its own address"),
                    drop({from_any(Family::v6)}, "not its own address")}};
}

Chain port_chain(const PortBindings::Port& port, const PodAddresses& pods) {
  Chain chain{.base = std::nullopt, .rules = {other_frames()}};
  std::string words = k8s::to_string(*port.pod);
  if (words.size() > 127) words.resize(127);
  if (const auto pod = pods.find(*port.pod); pod != pods.end()) {
    for (const nft::Address& address : pod->second)
      chain.rules.push_back(accept({from(nft::host_prefix(address))}, words));
  }
  chain.rules.push_back(rule({}, nft::Goto{"sourceless"}));
  return chain;
}

void drop_bound(Chain& chain) {
  for (const Family family : {Family::v4, Family::v6})
    chain.rules.push_back(
        drop({nft::MatchAddressSet{Side::source, family, set_name("bound", family)}}, "another pod's address"));
}

Chain unbound_chain(const std::vector<nft::Prefix>& ranges) {
  Chain chain{.base = std::nullopt, .rules = {other_frames()}};
  drop_bound(chain);
  for (const Family family : {Family::v4, Family::v6}) {
    bool known = false;
    chain.rules.push_back(
        accept({nft::MatchAddressSet{Side::source, family, set_name("loose", family)}}, "of a pod without a port"));
    for (const nft::Prefix& range : ranges) {
      if (range.address.family != family) continue;
      known = true;
      chain.rules.push_back(accept({from(range)}, "of this node's pods"));
    }
    if (!known) chain.rules.push_back(accept({from_any(family)}, "no pod range is known"));
  }
  chain.rules.push_back(rule({}, nft::Goto{"sourceless"}));
  return chain;
}

Chain first_chain(bool other_bridges) {
  return {
      .base = nft::Base{hook, priority},
      .rules = {rule({}, nft::DispatchInterface{"ports"}), rule({}, nft::Goto{other_bridges ? "strange" : "unbound"})}};
}

// An interface's name may have any byte but a few; a chain's may not.
std::string chain_name(std::uint32_t index, const std::string& port) {
  std::string name = "port-" + std::to_string(index) + '-' + port;
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  return name;
}

void add_set(nft::Table& table, const char* what, Family family, const std::set<nft::Address>& addresses) {
  nft::Set set{nft::address_type(family), false, "", {}};
  for (const nft::Address& address : addresses) {
    if (address.family == family) set.elements.push_back({nft::key_of(address), nft::key_of(address)});
  }
  table.sets[set_name(what, family)] = std::move(set);
}

void add_sets(nft::Table& table, const PortRuling& ruling) {
  std::set<k8s::ObjectKey> with_port;
  for (const auto& [index, port] : ruling.bindings.ports())
    if (port.pod) with_port.insert(*port.pod);
  std::set<nft::Address> bound, loose;
  for (const auto& [pod, addresses] : ruling.pods)
    (with_port.contains(pod) ? bound : loose).insert(addresses.begin(), addresses.end());
  for (const Family family : {Family::v4, Family::v6}) {
    add_set(table, "bound", family, bound);
    add_set(table, "loose", family, loose);
  }
}

}  // namespace

nft::Table port_table(const PortRuling& ruling) {
  nft::Table table;
  table.name = ruling.table;
  table.family = nft::TableFamily::bridge;
  table.counters = {counter};
  add_sets(table, ruling);
  nft::Map& ports = table.maps["ports"];
  ports.type = nft::interface_type();
  for (const nft::BridgePort& port : ruling.ports.ports) {
    const auto of_pod = ruling.bindings.ports().find(port.index);
    Verdict verdict = nft::Accept{};
    if (of_pod != ruling.bindings.ports().end() && of_pod->second.pod) {
      const std::string name = chain_name(port.index, port.name);
      table.chains[name] = port_chain(of_pod->second, ruling.pods);
      verdict = nft::Goto{name};
    } else if (port.of_a_pod) {
      verdict = nft::Goto{"unbound"};
    }
    ports.elements[nft::key_of_interface(port.index)] = std::move(verdict);
  }
  table.chains["sourceless"] = sourceless();
  table.chains["unbound"] = unbound_chain(ruling.ranges);
  if (ruling.ports.other_bridges) drop_bound(table.chains["strange"]);
  table.chains["from-ports"] = first_chain(ruling.ports.other_bridges);
  return table;
}

std::map<std::uint32_t, std::vector<nft::Address>> bound_addresses(const nft::Table& table) {
  std::map<std::uint32_t, std::vector<nft::Address>> by_port;
  const auto ports = table.maps.find("ports");
  if (ports == table.maps.end() || ports->second.type != nft::interface_type()) return by_port;
  for (const auto& [key, verdict] : ports->second.elements) {
    const auto* to = std::get_if<nft::Goto>(&verdict);
    const auto chain = to == nullptr ? table.chains.end() : table.chains.find(to->chain);
    if (chain == table.chains.end() || !to->chain.starts_with("port-")) continue;
    for (const Rule& each : chain->second.rules) {
      const auto* match = each.matches.size() == 1 ? std::get_if<nft::MatchAddress>(&each.matches[0]) : nullptr;
      if (match != nullptr && std::holds_alternative<nft::Accept>(each.verdict))
        by_port[nft::interface_of(key)].push_back(match->prefix.address);
    }
  }
  return by_port;
}

}  // namespace selvedge
