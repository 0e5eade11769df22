#include "test/property/small_worlds.h"

#include "nft/ip.h"

namespace selvedge::test {
namespace {

using k8s::Protocol;

k8s::Pod small_pod(const std::string& ns, const std::string& name, const std::string& node, const std::string& number) {
  k8s::Pod pod;
  pod.meta = {.ns = ns, .name = name, .uid = name, .labels = {{"app", name}}, .created = ""};
  pod.node = node;
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {"10.244." + number, "fd00:244::" + number.substr(0, 1) + ":" + number.substr(2)};
  // The same name stands for another number on each, and for two on one.
  pod.ports = {
      {.name = "http", .protocol = Protocol::tcp, .number = static_cast<std::uint16_t>(name == "web" ? 80 : 81)}};
  if (ns == "green") pod.ports.push_back({.name = "http", .protocol = Protocol::udp, .number = 80});
  return pod;
}

k8s::Namespace small_namespace(const std::string& name) {
  return {.meta = {.ns = "",
                   .name = name,
                   .uid = "",
                   .labels = {{"kubernetes.io/metadata.name", name}, {"team", name}},
                   .created = ""}};
}

k8s::LabelSelector selecting(const std::string& key, const std::string& value) {
  return {.match_labels = {{key, value}}, .match_expressions = {}};
}
k8s::LabelSelector requiring(k8s::Requirement requirement) {
  return {.match_labels = {}, .match_expressions = {std::move(requirement)}};
}

k8s::Peer block(const std::string& cidr, std::vector<std::string> except = {}) {
  k8s::Peer peer;
  peer.ip_block = k8s::IpBlock{.cidr = cidr, .except = std::move(except)};
  return peer;
}
k8s::Peer pods(std::optional<k8s::LabelSelector> pods, std::optional<k8s::LabelSelector> namespaces) {
  k8s::Peer peer;
  peer.pod_selector = std::move(pods);
  peer.namespace_selector = std::move(namespaces);
  return peer;
}

// Every choice of at most `most` of `from`, in their order, without repetition.
template <typename T>
std::vector<std::vector<T>> choices(const std::vector<T>& from, std::size_t most) {
  std::vector<std::vector<T>> all{{}};
  if (most == 0) return all;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::vector<T> rest(from.begin() + static_cast<std::ptrdiff_t>(i) + 1, from.end());
    for (auto& choice : choices(rest, most - 1)) {
      choice.insert(choice.begin(), from[i]);
      all.push_back(std::move(choice));
    }
  }
  return all;
}

}  // namespace

std::vector<k8s::Object> small_cluster() {
  return {small_namespace("blue"),
          small_namespace("green"),
          small_pod("blue", "web", "node-a", "1.2"),
          small_pod("blue", "db", "node-a", "1.3"),
          small_pod("green", "web", "node-a", "1.4"),
          small_pod("green", "db", "node-b", "2.5")};
}

std::vector<k8s::LabelSelector> small_selectors() {
  using Operator = k8s::Requirement::Operator;
  k8s::LabelSelector malformed;
  malformed.understood = false;
  return {{},
          selecting("app", "web"),
          requiring({.key = "app", .op = Operator::not_in, .values = {"web"}}),
          requiring({.key = "tier", .op = Operator::does_not_exist, .values = {}}),
          requiring({.key = "app", .op = Operator::in, .values = {}}),  // invalid
          std::move(malformed)};
}

std::vector<k8s::Peer> small_peers() {
  const k8s::LabelSelector all;
  k8s::Peer malformed = pods(all, {});
  malformed.understood = false;
  k8s::Peer both = block("0.0.0.0/0");
  both.pod_selector = all;
  return {pods(all, {}),
          pods(selecting("app", "web"), {}),
          pods({}, all),
          pods({}, selecting("team", "green")),
          pods(selecting("app", "db"), selecting("team", "green")),
          pods(selecting("app", "db"), all),
          block("0.0.0.0/0"),
          block("10.244.1.0/24", {"10.244.1.3/32"}),
          block("fd00:244::/48"),
          block("203.0.113.0/24", {"203.0.113.0/25", "203.0.113.0/24"}),  // nothing is left
          block("10.244.0.0/33"),                                         // invalid
          std::move(both),
          std::move(malformed),
          k8s::Peer{}};
}

std::vector<k8s::PolicyPort> small_ports() {
  using Port = k8s::PolicyPort;
  const auto port = [](Protocol protocol, auto value, std::optional<std::int64_t> end = {}) {
    return Port{.protocol = protocol, .port = value, .end_port = end};
  };
  Port malformed;
  malformed.understood = false;
  return {Port{},
          Port{.protocol = Protocol::udp, .port = {}, .end_port = {}},
          port(Protocol::tcp, std::int64_t{80}),
          port(Protocol::tcp, std::int64_t{80}, 81),
          port(Protocol::udp, std::int64_t{80}),
          port(Protocol::tcp, std::string("http")),
          port(Protocol::udp, std::string("http")),
          port(Protocol::tcp, std::string("absent")),
          port(Protocol::tcp, std::int64_t{81}, 80),      // invalid
          port(Protocol::tcp, std::int64_t{65536 + 80}),  // invalid
          std::move(malformed)};
}

std::vector<k8s::PolicyRule> small_rules(std::size_t peers, std::size_t ports) {
  std::vector<k8s::PolicyRule> rules;
  for (const auto& some_peers : choices(small_peers(), peers)) {
    for (const auto& some_ports : choices(small_ports(), ports)) rules.push_back({some_peers, some_ports});
  }
  k8s::PolicyRule malformed;
  malformed.understood = false;
  rules.push_back(malformed);
  return rules;
}

std::vector<nft::Packet> small_packets() {
  const std::vector<std::vector<const char*>> families{
      {"10.244.1.2", "10.244.1.3", "10.244.1.4", "10.244.2.5", "203.0.113.7"},
      {"fd00:244::1:2", "fd00:244::1:4", "fd00:244::2:5", "2001:db8::7"}};
  const std::vector<std::pair<std::uint8_t, std::uint16_t>> services{{6, 79},  {6, 80},  {6, 81}, {6, 82},
                                                                     {17, 80}, {17, 81}, {1, 80}};
  std::vector<nft::Packet> packets;
  for (const auto& ends : families) {
    for (const char* source : ends) {
      for (const char* destination : ends) {
        for (const auto& [protocol, port] : services) {
          nft::Packet packet;
          packet.in = packet.out = "cni0";
          packet.source = nft::parse_address(source).value();
          packet.destination = nft::parse_address(destination).value();
          packet.protocol = protocol;
          packet.port = port;
          packets.push_back(std::move(packet));
        }
      }
    }
  }
  return packets;
}

k8s::NetworkPolicy small_policy(const std::string& name) {
  k8s::NetworkPolicy policy;
  policy.meta = {.ns = "blue", .name = name, .uid = "", .labels = {}, .created = ""};
  return policy;
}

}  // namespace selvedge::test
