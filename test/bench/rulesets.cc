#include "test/bench/rulesets.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "controller/port_table.h"
#include "nft/netlink_backend.h"
#include "nft/netlink_links.h"
#include "nft/programmed.h"
#include "test/bench/kube_router.h"
#include "test/bench/namespaces.h"

namespace selvedge::bench {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) throw std::runtime_error("cannot read " + path);
  return text;
}

void must(const tl::expected<void, nft::Error>& result) {
  if (!result) throw std::runtime_error("the kernel does not take our table: " + result.error().message);
}

}  // namespace

void load_ideal(const Shapes& shapes, const std::string& name) {
  std::string text = text_of(SELVEDGE_SOURCE_DIR "/test/bench/ideal.nft");
  const std::string head = "table inet ideal {";
  text.replace(text.find(head), head.size(), "table inet " + name + " {");
  std::size_t rule = 0;
  for (const auto& policy : shapes.policies) {
    if (policy.pod != 0) continue;
    for (const std::size_t peers : policy.rules) {
      text += "add element inet " + name + " rule-" + std::to_string(rule++) + " { ";
      for (const auto& address : shapes.peers[peers]) text += address + ", ";
      text += "}\n";
    }
  }
  run("nft -f -", text);
}

void load_kube_router_iptables(const Shapes& shapes) {
  run("ipset restore", kube_router_ipsets(shapes));
  run("iptables-nft-restore", kube_router_iptables(shapes));
}

void load_kube_router_nftables(const Shapes& shapes) {
  run("nft -f -", kube_router_nftables(shapes));
}

nft::Table rendered(const Scene& scene) {
  Core core(settings());
  for (const auto& object : objects_of(scene)) core.upsert(object);
  return core.table();
}

nft::Table rendered_ports() {
  auto links = nft::Links::open();
  const auto ports = links ? links->bridge_ports("cni0") : tl::unexpected(links.error());
  if (!ports) throw std::runtime_error("cannot read the ports of cni0: " + ports.error().message);
  std::vector<nft::Address> neighbours;
  for (const auto& address : neighbour_clients()) neighbours.push_back(*nft::parse_address(address));
  neighbours.push_back(*nft::parse_address(neighbour_stranger()));
  const PodAddresses pods{{{"bench", "server"}, {*nft::parse_address(server_address())}},
                          {{"bench", "neighbour"}, neighbours}};
  PortBindings bindings;
  bindings.there_are(ports->ports);
  for (const auto& port : ports->ports) bindings.holds(port.index, pods.at({"bench", port.name}));
  bindings.bind(pods);
  const std::vector<nft::Prefix> ranges{*nft::parse_prefix("10.244.1.0/24")};
  return port_table({.table = "selvedge", .bindings = bindings, .ports = *ports, .pods = pods, .ranges = ranges});
}

void load(const nft::Table& table) {
  auto backend =
      nft::NetlinkBackend::open({.own_table = false, .family = table.family});  // nft puts no owned one to sleep
  if (!backend) throw std::runtime_error("cannot open netlink: " + backend.error().message);
  nft::Programmed programmed(*backend, table.name, table.family);
  must(programmed.adopt());
  must(programmed.reconcile(table));
}

void put_to_sleep(const Ruleset& ruleset) {
  if (!ruleset.table.empty()) run("nft -f -", "add table " + ruleset.table + " { flags dormant; }\n");
}

void wake(const Ruleset& ruleset) {
  if (!ruleset.table.empty()) run("nft -f -", "add table " + ruleset.table + "\n");
}

}  // namespace selvedge::bench
