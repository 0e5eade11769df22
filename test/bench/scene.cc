// Rule k for the server lets all peers in but one, so that its set is its own; rules for other pods share a shelf of
// peers with each other.
#include "test/bench/scene.h"

#include <cassert>

namespace selvedge::bench {
namespace {

// The i-th address from 10.244.64.0 on: of other nodes.
std::string peer_address(std::size_t i) {
  const std::size_t number = (std::size_t{64} << 8) + i;
  return "10.244." + std::to_string(number >> 8) + "." + std::to_string(number & 255);
}
std::string local_address(std::size_t pod) {
  return "10.244.1." + std::to_string(2 + pod);
}

std::vector<std::string> consecutive(const std::string& network, std::size_t first, std::size_t count) {
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < count; ++i) addresses.push_back(network + std::to_string(first + i));
  return addresses;
}

std::size_t server_rules(const Scene& scene) {
  return scene.selecting * Scene::rules;
}
std::size_t shelves(const Scene& scene) {
  return scene.peers / scene.other_peers;
}

// Which pod the policy selects: those that do not select the server take the others in turn.
std::size_t pod_of(const Scene& scene, std::size_t policy) {
  if (policy < scene.selecting) return 0;
  assert(scene.local_pods > 1);
  return 1 + policy % (scene.local_pods - 1);
}
std::size_t shelf_of(const Scene& scene, std::size_t policy, std::size_t rule) {
  return (policy * Scene::rules + rule) % shelves(scene);
}

k8s::Pod pod(const std::string& ns, const std::string& name, k8s::Labels labels, const std::string& address,
             const std::string& node) {
  return {.meta = {.ns = ns, .name = name, .uid = name, .labels = std::move(labels), .created = "2026-01-01T00:00:00Z"},
          .node = node,
          .phase = k8s::Pod::Phase::running,
          .addresses = {address},
          .started = "2026-01-01T00:00:00Z",
          .ports = {}};
}

k8s::Namespace name_space(const std::string& name) {
  return {.meta = {.ns = {},
                   .name = name,
                   .uid = name,
                   .labels = {{"kubernetes.io/metadata.name", name}},
                   .created = "2026-01-01T00:00:00Z"}};
}

k8s::Requirement lane_not_in(std::vector<std::string> values) {
  return {"lane", k8s::Requirement::Operator::not_in, std::move(values)};
}

k8s::LabelSelector server_rule_selector(const Scene& scene, std::size_t rule) {
  std::vector<std::string> left_out{std::to_string(rule)};
  if (rule + 1 < server_rules(scene)) left_out.emplace_back("client");
  return {.match_labels = {}, .match_expressions = {lane_not_in(std::move(left_out))}};
}

k8s::NetworkPolicy policy(const Scene& scene, std::size_t number) {
  const std::string name = "p" + std::to_string(number);
  k8s::NetworkPolicy made{
      .meta = {.ns = "shop", .name = name, .uid = name, .labels = {}, .created = "2026-01-01T00:00:00Z"},
      .pod_selector = {.match_labels = {{"pod", std::to_string(pod_of(scene, number))}}, .match_expressions = {}},
      .ingress_isolates = true,
      .ingress = {},
      .egress = {}};
  for (std::size_t rule = 0; rule < Scene::rules; ++rule) {
    const k8s::LabelSelector peers =
        number < scene.selecting
            ? server_rule_selector(scene, number * Scene::rules + rule)
            : k8s::LabelSelector{.match_labels = {{"shelf", std::to_string(shelf_of(scene, number, rule))}},
                                 .match_expressions = {}};
    const k8s::LabelSelector peers_namespace{.match_labels = {{"kubernetes.io/metadata.name", "peers"}},
                                             .match_expressions = {}};
    made.ingress.push_back(
        {.peers = {{.pod_selector = peers, .namespace_selector = peers_namespace, .ip_block = {}}}, .ports = {}});
  }
  return made;
}

}  // namespace

std::string server_address() {
  return local_address(0);
}
std::vector<std::string> remote_clients() {
  return consecutive("10.244.2.", 10, Scene::clients);
}
std::vector<std::string> neighbour_clients() {
  return consecutive("10.244.1.", 180, Scene::clients);
}
std::string remote_stranger() {
  return "10.244.2.250";
}
std::string neighbour_stranger() {
  return "10.244.1.250";
}
std::string first_peer() {
  return peer_address(0);
}

Shapes shapes_of(const Scene& scene) {
  Shapes shapes;
  for (std::size_t i = 0; i < scene.local_pods; ++i) shapes.pods.push_back(local_address(i));
  for (std::size_t rule = 0; rule < server_rules(scene); ++rule) {
    auto& peers = shapes.peers.emplace_back();
    for (std::size_t i = 0; i <= scene.peers; ++i)
      if (i != rule) peers.push_back(peer_address(i));
    if (rule + 1 < server_rules(scene)) continue;
    for (const auto& clients : {remote_clients(), neighbour_clients()})
      peers.insert(peers.end(), clients.begin(), clients.end());
  }
  for (std::size_t shelf = 0; shelf < shelves(scene); ++shelf) {
    auto& peers = shapes.peers.emplace_back();
    for (std::size_t i = 0; i < scene.other_peers; ++i) peers.push_back(peer_address(shelf * scene.other_peers + i));
  }
  for (std::size_t number = 0; number < scene.policies; ++number) {
    PolicyShape shape{.name = "shop/p" + std::to_string(number), .pod = pod_of(scene, number), .rules = {}};
    for (std::size_t rule = 0; rule < Scene::rules; ++rule)
      shape.rules.push_back(number < scene.selecting ? number * Scene::rules + rule
                                                     : server_rules(scene) + shelf_of(scene, number, rule));
    shapes.policies.push_back(std::move(shape));
  }
  return shapes;
}

std::vector<k8s::Object> objects_of(const Scene& scene) {
  std::vector<k8s::Object> objects{
      k8s::Node{.meta = {.ns = {}, .name = "node-a", .uid = "node-a", .labels = {}, .created = "2026-01-01T00:00:00Z"},
                .pod_cidrs = {"10.244.1.0/24"},
                .addresses = {"172.31.0.1"}},
      name_space("shop"), name_space("peers")};
  for (std::size_t i = 0; i < scene.local_pods; ++i)
    objects.emplace_back(
        pod("shop", "pod-" + std::to_string(i), {{"pod", std::to_string(i)}}, local_address(i), "node-a"));
  const auto add_clients = [&](const std::vector<std::string>& addresses, const std::string& node) {
    for (const auto& address : addresses)
      objects.emplace_back(pod("peers", "client-" + address, {{"lane", "client"}}, address, node));
  };
  add_clients(remote_clients(), "node-b");
  add_clients(neighbour_clients(), "node-a");
  objects.emplace_back(pod("shop", "stranger", {}, neighbour_stranger(), "node-a"));  // whom the guard knows
  for (std::size_t i = 0; i <= scene.peers; ++i)
    objects.emplace_back(pod("peers", "peer-" + std::to_string(i),
                             {{"lane", std::to_string(i)}, {"shelf", std::to_string(i / scene.other_peers)}},
                             peer_address(i), "node-b"));
  for (std::size_t number = 0; number < scene.policies; ++number) objects.emplace_back(policy(scene, number));
  return objects;
}

Settings settings() {
  return {.table = "selvedge", .node = "node-a"};
}

}  // namespace selvedge::bench
