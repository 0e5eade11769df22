#include "controller/reach/parties.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "controller/explain/cast.h"

namespace selvedge::reach {
namespace {

using nft::Address;
using nft::Family;
using nft::Prefix;

void add_blocks(const std::vector<k8s::PolicyRule>& rules, std::set<Prefix>& blocks) {
  const auto add = [&](const std::string& text) {
    if (const auto prefix = nft::parse_prefix(text)) blocks.insert(*prefix);
  };
  for (const k8s::PolicyRule& rule : rules) {
    for (const k8s::Peer& peer : rule.peers) {
      if (!peer.ip_block) continue;
      add(peer.ip_block->cidr);
      for (const std::string& except : peer.ip_block->except) add(except);
    }
  }
}

std::vector<Prefix> smallest_first(const std::set<Prefix>& blocks) {
  std::vector<Prefix> sorted(blocks.begin(), blocks.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &Prefix::bits);
  return sorted;
}

// The smallest block around an address, by its index; as many as there are blocks: none.
std::size_t around(const std::vector<Prefix>& blocks, const Address& address) {
  const auto found = std::ranges::find_if(blocks, [&](const Prefix& block) { return nft::contains(block, address); });
  return static_cast<std::size_t>(found - blocks.begin());
}

// What policies can tell of one who has these addresses.
struct Place {
  std::vector<std::size_t> blocks;  // of IPv4 and IPv6, those that it has
  bool v4 = false, v6 = false;

  auto operator<=>(const Place&) const = default;
};

struct Ends {
  std::optional<Address> v4, v6;
};

Ends ends_of(const std::vector<std::string>& texts) {
  Ends ends;
  for (const std::string& text : texts) {
    const auto address = nft::parse_address(text);
    if (!address) continue;
    auto& end = address->family == Family::v4 ? ends.v4 : ends.v6;
    if (!end) end = address;
  }
  return ends;
}

Place place_of(const std::vector<Prefix>& blocks, const Ends& ends) {
  Place place{.blocks = {}, .v4 = ends.v4.has_value(), .v6 = ends.v6.has_value()};
  if (ends.v4) place.blocks.push_back(around(blocks, *ends.v4));
  if (ends.v6) place.blocks.push_back(around(blocks, *ends.v6));
  return place;
}

using Ports = std::vector<std::tuple<std::string, k8s::Protocol, std::uint16_t>>;

Ports named_ports(const k8s::Pod& pod) {
  Ports ports;
  for (const k8s::ContainerPort& port : pod.ports) {
    if (!port.name.empty()) ports.emplace_back(port.name, port.protocol, port.number);
  }
  return ports;
}

std::vector<Party> pods_of(const std::vector<k8s::Object>& objects, const std::vector<Prefix>& blocks) {
  using Alike = std::tuple<std::string, std::string, k8s::Labels, Ports, Place, bool>;
  std::map<k8s::ObjectKey, const k8s::Pod*> last;
  for (const k8s::Object& object : objects) {
    if (const auto* pod = std::get_if<k8s::Pod>(&object)) last[pod->meta.key()] = pod;
  }
  std::map<Alike, Party> parties;
  for (const auto& [key, pod] : last) {
    if (!explain::takes_part(*pod)) continue;
    const Ends ends = ends_of(pod->addresses);
    std::string workload = explain::workload_of(*pod);
    const Alike alike{key.ns, workload, pod->meta.labels, named_ports(*pod), place_of(blocks, ends), pod->understood};
    Party& party = parties[alike];
    if (party.pods.empty())
      party = {.kind = Party::Kind::pods,
               .ns = key.ns,
               .name = std::move(workload),
               .pods = {},
               .size = 0,
               .v4 = ends.v4,
               .v6 = ends.v6};
    party.pods.push_back(pod);
    ++party.size;
  }
  std::vector<Party> all;
  for (auto& [alike, party] : parties) all.push_back(std::move(party));
  return all;
}

std::vector<Party> nodes_of(const std::vector<k8s::Object>& objects, const std::vector<Prefix>& blocks) {
  std::map<Place, Party> parties;
  for (const k8s::Object& object : objects) {
    const auto* node = std::get_if<k8s::Node>(&object);
    if (node == nullptr) continue;
    const Ends ends = ends_of(node->addresses);
    if (!ends.v4 && !ends.v6) continue;
    Party& party = parties[place_of(blocks, ends)];
    if (party.name.empty())
      party = {.kind = Party::Kind::nodes,
               .ns = "",
               .name = "node " + node->meta.name,
               .pods = {},
               .size = 0,
               .v4 = ends.v4,
               .v6 = ends.v6};
    if (++party.size == 2) party.name = "nodes such as " + party.name.substr(5);
  }
  std::vector<Party> all;
  for (auto& [place, party] : parties) all.push_back(std::move(party));
  return all;
}

// Where nobody is whom a policy could mean: this host, loopback, link-local, multicast and reserved.
const std::vector<Prefix>& nowhere() {
  static const std::vector<Prefix> ranges = [] {
    std::vector<Prefix> all;
    for (const char* text :
         {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/10", "ff00::/8"})
      all.push_back(*nft::parse_prefix(text));
    return all;
  }();
  return ranges;
}

// An address of the block that lies in no smaller one and is nobody's; none if there is none.
std::optional<Address> spare_address(const std::vector<Prefix>& blocks, std::size_t index, const Prefix& block,
                                     const std::set<Address>& taken) {
  std::vector<nft::Interval> within;
  for (std::size_t i = 0; i < index; ++i) {
    if (nft::contains(block, blocks[i].address)) within.push_back(nft::interval_of(blocks[i]));
  }
  for (const Prefix& range : nowhere()) within.push_back(nft::interval_of(range));
  for (const Address& address : taken) within.push_back({address, address});
  const auto left = nft::subtract({nft::interval_of(block)}, nft::unite(std::move(within)));
  return left.empty() ? std::nullopt : std::optional(left.front().first);
}

std::string exceptions(const std::vector<Prefix>& blocks, std::size_t index) {
  std::string text;
  std::size_t count = 0;
  for (std::size_t i = 0; i < index; ++i) {
    if (blocks[i].address.family != blocks[index].address.family || !nft::contains(blocks[index], blocks[i].address))
      continue;
    if (++count <= 2) text += (text.empty() ? " but for " : ", ") + nft::to_string(blocks[i]);
  }
  return count <= 2 ? text : " but for " + std::to_string(count) + " blocks in it";
}

Party outside_of(const std::string& name, const Address& address) {
  Party party{.kind = Party::Kind::outside, .ns = "", .name = name, .pods = {}, .size = 1, .v4 = {}, .v6 = {}};
  (address.family == Family::v4 ? party.v4 : party.v6) = address;
  return party;
}

std::set<Address> taken_by(const std::vector<k8s::Object>& objects) {
  std::set<Address> taken;
  const auto take = [&](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (const auto address = nft::parse_address(text)) taken.insert(*address);
    }
  };
  for (const k8s::Object& object : objects) {
    if (const auto* pod = std::get_if<k8s::Pod>(&object)) take(pod->addresses);
    if (const auto* node = std::get_if<k8s::Node>(&object)) take(node->addresses);
  }
  return taken;
}

std::vector<Party> outsiders(const std::vector<k8s::Object>& objects, const std::vector<Prefix>& blocks) {
  static const Prefix world_v4 = *nft::parse_prefix("0.0.0.0/0");
  static const Prefix world_v6 = *nft::parse_prefix("2000::/3");  // what is routed on the Internet
  const std::set<Address> taken = taken_by(objects);
  std::vector<Party> all;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (const auto address = spare_address(blocks, i, blocks[i], taken))
      all.push_back(outside_of(nft::to_string(blocks[i]) + exceptions(blocks, i), *address));
  }
  Party rest{
      .kind = Party::Kind::outside, .ns = "", .name = "anywhere else", .pods = {}, .size = 1, .v4 = {}, .v6 = {}};
  rest.v4 = spare_address(blocks, blocks.size(), world_v4, taken);
  rest.v6 = spare_address(blocks, blocks.size(), world_v6, taken);
  if (rest.v4 || rest.v6) all.push_back(std::move(rest));
  return all;
}

}  // namespace

std::vector<Prefix> blocks_of(const std::vector<k8s::Object>& objects) {
  std::set<Prefix> blocks;
  for (const k8s::Object& object : objects) {
    const auto* policy = std::get_if<k8s::NetworkPolicy>(&object);
    if (policy == nullptr) continue;
    add_blocks(policy->ingress, blocks);
    add_blocks(policy->egress, blocks);
  }
  return smallest_first(blocks);
}

std::vector<Prefix> united(const std::vector<Prefix>& blocks, const std::vector<Prefix>& others) {
  std::set<Prefix> all(blocks.begin(), blocks.end());
  all.insert(others.begin(), others.end());
  return smallest_first(all);
}

std::vector<Party> parties_of(const std::vector<k8s::Object>& objects, const std::vector<Prefix>& blocks) {
  std::vector<Party> all = pods_of(objects, blocks);
  for (const auto& more : {nodes_of(objects, blocks), outsiders(objects, blocks)})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace selvedge::reach
