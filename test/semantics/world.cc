#include "test/semantics/world.h"

#include <sstream>
#include <utility>

#include "controller/meaning/evaluate.h"
#include "k8sclient/decode.h"
#include "nft/ip.h"
#include "nft/simulate.h"
#include "nft/validate.h"

namespace selvedge::test {
namespace {

constexpr const char* drawing = R"(
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: node-a}}
- {apiVersion: v1, kind: Node, metadata: {name: node-b}, spec: {podCIDRs: [10.244.2.0/24]}}
- {apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {team: other}}}
)";

std::vector<PodText> drawn_pods() {
  const auto port = [](const char* number) {
    return std::string("containers: [{name: c, image: i, ports: [{name: http, containerPort: ") + number + "}]}]";
  };
  return {
      {.name = "web", .labels = "app: web", .addresses = "10.244.1.10, fd00:244:1::10", .spec = port("80")},
      {.name = "api", .labels = "app: api", .addresses = "10.244.1.11, fd00:244:1::11"},
      {.name = "guest", .labels = "app: web", .addresses = "10.244.1.20, fd00:244:1::20", .ns = "other"},
      {.name = "db",
       .labels = "app: db",
       .addresses = "10.244.2.10, fd00:244:2::10",
       .node = "node-b",
       .spec = port("8080")},
      {.name = "far",
       .labels = "app: web",
       .addresses = "10.244.2.20, fd00:244:2::20",
       .ns = "other",
       .node = "node-b"},
  };
}

std::string braces(const std::string& inside, const std::string& more) {
  const char* comma = inside.empty() || more.empty() ? "" : ", ";
  return "{" + inside + comma + more + "}";
}

// "10.0.0.1, fd00::1" as `podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]`.
std::string pod_ips(const std::string& addresses) {
  std::string list;
  std::istringstream text(addresses);
  for (std::string address; std::getline(text >> std::ws, address, ',');) {
    list += (list.empty() ? "{ip: \"" : ", {ip: \"") + address + "\"}";
  }
  return list.empty() ? "" : ", podIPs: [" + list + "]";
}

std::string manifest_of(const PodText& pod) {
  const std::string metadata = "name: " + pod.name + ", namespace: " + pod.ns + ", labels: {" + pod.labels + "}";
  return "{apiVersion: v1, kind: Pod, metadata: " + braces(metadata, pod.metadata) +
         ", spec: " + braces(pod.node.empty() ? "" : "nodeName: " + pod.node, pod.spec) +
         ", status: " + braces("phase: " + pod.phase + pod_ips(pod.addresses), pod.status) + "}";
}

nft::Packet packet(std::uint8_t protocol, const std::string& source, const std::string& destination) {
  const auto from = nft::parse_address(source);
  const auto to = nft::parse_address(destination);
  EXPECT_TRUE(from && to && from->family == to->family) << source << " -> " << destination;
  return {.hook = nft::Hook::forward, .in = "", .out = "", .source = *from, .destination = *to, .protocol = protocol};
}

nft::Packet with_port(nft::Packet packet, std::uint16_t port) {
  packet.port = port;
  return packet;
}

std::string in_words(const nft::Outcome& outcome) {
  std::string text = outcome.accepted ? "accepted" : "dropped";
  for (const nft::Step& step : outcome.trace) text += ", " + step.chain + "[" + std::to_string(step.rule) + "]";
  return text;
}

std::string in_words(const meaning::Judgement& judgement) {
  std::string text = judgement.allowed ? "allowed" : "denied";
  for (const meaning::Reason& reason : judgement.reasons) text += "; " + to_string(reason);
  return text;
}

}  // namespace

World::World(const std::string& node, Switches switches)
    : node_(node),
      switches_(switches),
      core_({.node = node, .own_node_open = switches.own_node_open, .ipvs = switches.ipvs}) {
  put(drawing);
  for (const PodText& drawn : drawn_pods()) pod(drawn);
}

World& World::put(const std::string& manifest) {
  auto decoded = k8s::decode_manifest(manifest);
  if (!decoded) {
    ADD_FAILURE() << decoded.error().message << " in " << manifest;
    return *this;
  }
  for (k8s::Decoded& one : *decoded) {
    core_.upsert(one.object);
    const Id id{k8s::kind_of(one.object), k8s::meta_of(one.object).key()};
    objects_.insert_or_assign(id, std::move(one));
  }
  table_ = core_.table();
  for (const auto& fault : nft::validate(table_)) ADD_FAILURE() << fault.object << ": " << fault.message;
  return *this;
}

World& World::pod(const PodText& text) {
  return put(manifest_of(text));
}

World& World::policy(const std::string& spec, const std::string& name, const std::string& ns) {
  return put("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " + name + ", namespace: " + ns +
             "}\nspec: " + spec);
}

World& World::drop(k8s::Kind kind, const std::string& ns, const std::string& name) {
  EXPECT_EQ(objects_.erase({kind, {ns, name}}), 1U) << ns << "/" << name;
  core_.erase(kind, {ns, name});
  table_ = core_.table();
  return *this;
}

testing::AssertionResult World::allows(const nft::Packet& packet) const {
  return judge(packet, true);
}

testing::AssertionResult World::denies(const nft::Packet& packet) const {
  return judge(packet, false);
}

testing::AssertionResult World::judge(const nft::Packet& asked, bool allowed) const {
  const nft::Packet packet = routed(asked);
  std::vector<k8s::Object> objects;
  for (const auto& [id, decoded] : objects_) objects.push_back(decoded.object);
  const meaning::Viewpoint viewpoint{.node = node_, .own_node_open = switches_.own_node_open, .ipvs = switches_.ipvs};
  const auto state = meaning::Meaning(viewpoint, objects).evaluate(packet);
  const auto table = nft::simulate(table_, packet);
  if (state.allowed == allowed && table.accepted == allowed) return testing::AssertionSuccess();
  return testing::AssertionFailure() << to_string(packet) << "\n  should be " << (allowed ? "allowed" : "denied")
                                     << "\n  by the reading: " << in_words(state)
                                     << "\n  by the table:   " << in_words(table);
}

std::string World::problems() const {
  std::string text;
  for (const auto& [id, decoded] : objects_) {
    for (const auto& problem : decoded.problems) text += to_string(problem) + "\n";
  }
  for (const auto& problem : core_.problems()) text += to_string(problem) + "\n";
  return text;
}

nft::Packet World::routed(nft::Packet packet) const {
  if (packet.hook == nft::Hook::input || !packet.in.empty()) return packet;
  if (packet.hook == nft::Hook::forward) packet.in = is_local(packet.source) ? "cni0" : "eth0";
  packet.out = is_local(packet.destination) ? "cni0" : "eth0";
  return packet;
}

bool World::is_local(const nft::Address& address) const {
  const bool a = node_ == "node-a";
  const auto pods = address.family == nft::Family::v4 ? nft::parse_prefix(a ? "10.244.1.0/24" : "10.244.2.0/24")
                                                      : nft::parse_prefix(a ? "fd00:244:1::/64" : "fd00:244:2::/64");
  return nft::contains(*pods, address);
}

nft::Packet tcp(const std::string& source, const std::string& destination, std::uint16_t port) {
  return with_port(packet(6, source, destination), port);
}

nft::Packet udp(const std::string& source, const std::string& destination, std::uint16_t port) {
  return with_port(packet(17, source, destination), port);
}

nft::Packet sctp(const std::string& source, const std::string& destination, std::uint16_t port) {
  return with_port(packet(132, source, destination), port);
}

nft::Packet other(std::uint8_t protocol, const std::string& source, const std::string& destination) {
  return packet(protocol, source, destination);
}

nft::Packet ping(const std::string& source, const std::string& destination) {
  return source.find(':') == std::string::npos ? other(1, source, destination) : icmpv6(128, source, destination, 64);
}

nft::Packet icmpv6(std::uint8_t type, const std::string& source, const std::string& destination,
                   std::uint8_t hop_limit) {
  nft::Packet result = packet(58, source, destination);
  result.icmpv6_type = type;
  result.hop_limit = hop_limit;
  return result;
}

nft::Packet to_node(nft::Packet packet) {
  packet.hook = nft::Hook::input;
  packet.in = "cni0";
  packet.destination_type = nft::MatchFibType::local;
  return packet;
}

nft::Packet passed_on(nft::Packet packet) {
  packet.hook = nft::Hook::output;
  return packet;
}

nft::Packet from_node(nft::Packet packet) {
  packet.hook = nft::Hook::output;
  packet.source_type = nft::MatchFibType::local;
  return packet;
}

nft::Packet between_ports(nft::Packet packet) {
  return by(std::move(packet), "cni0", "cni0");
}

nft::Packet by(nft::Packet packet, const std::string& in, const std::string& out) {
  packet.in = in;
  packet.out = out;
  return packet;
}

nft::Packet in_state(nft::Packet packet, std::uint32_t state) {
  packet.state = state;
  return packet;
}

nft::Packet with_type(nft::Packet packet, std::uint32_t destination_type) {
  packet.destination_type = destination_type;
  return packet;
}

}  // namespace selvedge::test
