// A small cluster that each case of the semantics is told in, and packets to ask it about. Every packet is judged
// twice: by the plain reading of the objects, and by running it through the table that the core renders.
//
//   node-a (192.0.2.1)                 node-b (192.0.2.2)              elsewhere
//   shop/web    .1.10  app=web         shop/db    .2.10  app=db        203.0.113.7
//   shop/api    .1.11  app=api         other/far  .2.20  app=web       2001:db8:7::7
//   other/guest .1.20  app=web
//
// All pods are in 10.244.0.0/16 and, by the same numbers, in fd00:244::/32: shop/web is 10.244.1.10 and fd00:244:1::10.
// web and db declare a port `http`: 80 and 8080. Namespace shop has the label team=shop, other has team=other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "controller/core.h"
#include "k8sclient/types.h"
#include "nft/packet.h"
#include "nft/ruleset.h"

namespace selvedge::test {

constexpr const char* web = "10.244.1.10";
constexpr const char* api = "10.244.1.11";
constexpr const char* guest = "10.244.1.20";
constexpr const char* db = "10.244.2.10";
constexpr const char* far = "10.244.2.20";
constexpr const char* node_a = "192.0.2.1";
constexpr const char* node_b = "192.0.2.2";
constexpr const char* outside = "203.0.113.7";
constexpr const char* web6 = "fd00:244:1::10";
constexpr const char* api6 = "fd00:244:1::11";
constexpr const char* guest6 = "fd00:244:1::20";
constexpr const char* db6 = "fd00:244:2::10";
constexpr const char* outside6 = "2001:db8:7::7";

// ---- objects -----------------------------------------------------------------------

// A pod's manifest. What is YAML is written as between the braces of a flow mapping: `app: web, tier: front`.
struct PodText {
  std::string name;
  std::string labels{};     // YAML
  std::string addresses{};  // with commas between: "10.244.1.30, fd00:244:1::30"; empty: none yet
  std::string ns = "shop";
  std::string node = "node-a";
  std::string phase = "Running";
  std::string metadata{};  // YAML, more of it
  std::string spec{};
  std::string status{};
};

// What `run` can be told that the cases below turn on.
struct Switches {
  bool own_node_open = false;
  bool ipvs = false;
};

// A cluster as one node sees it, now. Changes go to one and the same core, as a daemon's do.
class World {
 public:
  // As in the drawing.
  explicit World(const std::string& node = "node-a", Switches switches = {});

  // Adds objects or replaces those of the same kind and key: of a manifest, a pod, or a policy's spec.
  World& put(const std::string& manifest);
  World& pod(const PodText& text);
  World& policy(const std::string& spec, const std::string& name = "policy", const std::string& ns = "shop");
  World& drop(k8s::Kind kind, const std::string& ns, const std::string& name);

  // Whether both say so.
  testing::AssertionResult allows(const nft::Packet& packet) const;
  testing::AssertionResult denies(const nft::Packet& packet) const;

  const nft::Table& table() const { return table_; }
  // What was said about the objects, by decoding and by the core, a line each.
  std::string problems() const;

 private:
  testing::AssertionResult judge(const nft::Packet& packet, bool allowed) const;
  nft::Packet routed(nft::Packet packet) const;
  bool is_local(const nft::Address& address) const;

  using Id = std::pair<k8s::Kind, k8s::ObjectKey>;
  std::string node_;
  Switches switches_;
  Core core_;
  nft::Table table_;
  std::map<Id, k8s::Decoded> objects_;
};

// For loops over numbers, which would else be of type int.
using Ports = std::initializer_list<std::uint16_t>;
using Bytes = std::initializer_list<std::uint8_t>;

// ---- packets -----------------------------------------------------------------------

// New, forwarded, from and to what World makes of the addresses: the node's pods are behind the bridge, all else is
// not.
nft::Packet tcp(const std::string& source, const std::string& destination, std::uint16_t port);
nft::Packet udp(const std::string& source, const std::string& destination, std::uint16_t port);
nft::Packet sctp(const std::string& source, const std::string& destination, std::uint16_t port);
nft::Packet other(std::uint8_t protocol, const std::string& source, const std::string& destination);
nft::Packet ping(const std::string& source, const std::string& destination);  // ICMP or ICMPv6 echo
nft::Packet icmpv6(std::uint8_t type, const std::string& source, const std::string& destination,
                   std::uint8_t hop_limit);

nft::Packet to_node(nft::Packet packet);        // by the input hook, from the bridge
nft::Packet passed_on(nft::Packet packet);      // by IPVS: from the output hook, to the pod behind the Service
nft::Packet from_node(nft::Packet packet);      // of its own, by the output hook
nft::Packet between_ports(nft::Packet packet);  // of the bridge
nft::Packet by(nft::Packet packet, const std::string& in, const std::string& out);
nft::Packet in_state(nft::Packet packet, std::uint32_t state);              // MatchCtState
nft::Packet with_type(nft::Packet packet, std::uint32_t destination_type);  // MatchFibType

}  // namespace selvedge::test
