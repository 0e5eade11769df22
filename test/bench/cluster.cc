#include "test/bench/cluster.h"

#include <algorithm>
#include <array>

namespace selvedge::bench {
namespace {

constexpr std::array apps{"web", "api", "db", "cache", "job"};
constexpr std::size_t teams = 20;
constexpr const char* created = "2026-01-01T00:00:00Z";

std::string number(const char* prefix, std::size_t i) {
  return prefix + std::to_string(i);
}
std::string team(std::size_t i) {
  return number("t", i % teams);
}

k8s::Meta meta(std::string ns, std::string name, k8s::Labels labels = {}) {
  return {.ns = std::move(ns), .name = name, .uid = std::move(name), .labels = std::move(labels), .created = created};
}

k8s::LabelSelector labelled(const char* key, std::string value) {
  return {.match_labels = {{key, std::move(value)}}, .match_expressions = {}};
}
const k8s::LabelSelector everything{};

k8s::Peer peer(std::optional<k8s::LabelSelector> pods, std::optional<k8s::LabelSelector> namespaces) {
  return {.pod_selector = std::move(pods), .namespace_selector = std::move(namespaces), .ip_block = {}};
}
k8s::Peer block() {
  return {.pod_selector = {},
          .namespace_selector = {},
          .ip_block = k8s::IpBlock{.cidr = "192.0.2.0/24", .except = {"192.0.2.64/26"}}};
}

// One policy of each namespace by app, the next by tier, and so on.
k8s::LabelSelector subject(std::size_t i, std::size_t namespaces) {
  const std::size_t turn = i / namespaces;
  if (turn % 2 == 1) return labelled("tier", turn % 4 == 1 ? "front" : "back");
  return labelled("app", apps[(i + turn) % apps.size()]);
}

k8s::NetworkPolicy policy_for(k8s::LabelSelector pods, k8s::Meta named, std::size_t i) {
  k8s::NetworkPolicy made{.meta = std::move(named),
                          .pod_selector = std::move(pods),
                          .ingress_isolates = true,
                          .egress_isolates = true,
                          .ingress = {},
                          .egress = {}};
  const k8s::PolicyPort http{.protocol = k8s::Protocol::tcp, .port = "http", .end_port = {}};
  const k8s::PolicyPort dns{.protocol = k8s::Protocol::udp, .port = std::int64_t{53}, .end_port = {}};
  made.ingress.push_back({.peers = {peer(everything, {}), peer({}, labelled("team", team(i)))}, .ports = {http}});
  made.ingress.push_back({.peers = {block()}, .ports = {}});
  made.egress.push_back({.peers = {peer(labelled("tier", "back"), labelled("team", team(i + 1)))}, .ports = {}});
  made.egress.push_back({.peers = {}, .ports = {dns}});
  return made;
}

// Unique up to a thousand nodes of 9,500 pods.
std::string remote_address(std::size_t i, std::size_t nodes) {
  const std::size_t node = i % nodes, host = i / nodes;
  return "10." + std::to_string(100 + node / 250 + host / 250 * 4) + "." + std::to_string(node % 250) + "." +
         std::to_string(2 + host % 250);
}

k8s::Pod running_pod(k8s::Meta named, std::string node, std::string address) {
  return {.meta = std::move(named),
          .node = std::move(node),
          .phase = k8s::Pod::Phase::running,
          .addresses = {std::move(address)},
          .started = created,
          .ports = {{"http", k8s::Protocol::tcp, 8080}, {"metrics", k8s::Protocol::tcp, 9090}}};
}

}  // namespace

k8s::Pod Cluster::pod(std::size_t i) const {
  const std::size_t nodes = std::max<std::size_t>(10, pods / 100);
  const bool local = i < local_pods;
  return running_pod(meta(number("s", i % namespaces), number("p", i),
                          {{"app", apps[(i + i / namespaces) % apps.size()]},
                           {"tier", i % 2 == 1 ? "front" : "back"},
                           {"pod-template-hash", number("h", i % 997)}}),
                     local ? "node-a" : number("node-", i % nodes),
                     local ? "10.244.1." + std::to_string(2 + i) : remote_address(i, nodes));
}

k8s::Pod Cluster::new_local_pod(std::size_t i) const {
  k8s::Pod made = pod(i % local_pods);
  made.meta.name = made.meta.uid = number("new", i);
  made.addresses = {"10.244.1." + std::to_string(120 + i % 120)};
  return made;
}

k8s::Namespace Cluster::ns(std::size_t i) const {
  const std::string name = number("s", i);
  return {.meta = meta({}, name, {{"team", team(i)}, {"kubernetes.io/metadata.name", name}})};
}

k8s::Namespace Cluster::movable_ns(std::size_t i) const {
  const std::string name = number("m", i);
  return {.meta = meta({}, name, {{"team", team(i)}, {"kubernetes.io/metadata.name", name}})};
}

k8s::Pod Cluster::movable_pod(std::size_t ns, std::size_t i) const {
  return running_pod(meta(number("m", ns), number("p", i), {{"app", "web"}, {"tier", i % 2 == 1 ? "front" : "back"}}),
                     number("node-", i), "10.99." + std::to_string(ns) + "." + std::to_string(2 + i));
}

k8s::NetworkPolicy Cluster::policy(std::size_t i) const {
  return policy_for(subject(i, namespaces), meta(number("s", i % namespaces), number("np", i)), i);
}

k8s::NetworkPolicy new_policy(const Cluster& cluster, std::size_t i) {
  const k8s::Pod subject = cluster.pod(i % cluster.local_pods);
  return policy_for(labelled("app", subject.meta.labels.at("app")), meta(subject.meta.ns, number("new", i)), i + 7);
}

k8s::Node Cluster::node() const {
  return {.meta = meta({}, "node-a"), .pod_cidrs = {"10.244.1.0/24"}, .addresses = {"172.31.0.1"}};
}

void Cluster::for_objects(const std::function<void(const k8s::Object&)>& each) const {
  each(node());
  for (std::size_t i = 0; i < namespaces; ++i) each(ns(i));
  for (std::size_t i = 0; i < pods; ++i) each(pod(i));
  for (std::size_t i = 0; i < movable_namespaces; ++i) {
    each(movable_ns(i));
    for (std::size_t j = 0; j < movable_pods; ++j) each(movable_pod(i, j));
  }
  for (std::size_t i = 0; i < policies; ++i) each(policy(i));
}

Settings Cluster::settings() const {
  return {.table = "selvedge", .node = "node-a"};
}

}  // namespace selvedge::bench
