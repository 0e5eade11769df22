#include "test/soak/world.h"

#include <cstdio>

#include "test/soak/cast.h"
#include "test/soak/policies.h"

namespace selvedge::soak {
namespace {

using k8s::Kind;
using k8s::ObjectKey;

constexpr int noise_pods = 24;
constexpr int noise_policies = 5;

k8s::Pod pod_of(const Part& part, k8s::Labels labels, const std::string& node = node_name) {
  k8s::Pod pod;
  labels["app"] = part.name;
  pod.meta = {.ns = home,
              .name = part.name,
              .uid = std::string("uid-") + part.name,
              .labels = std::move(labels),
              .created = "2024-01-01T00:00:00Z"};
  pod.node = node;
  pod.phase = k8s::Pod::Phase::running;
  pod.addresses = {part.v4};
  if (*part.v6 != '\0') pod.addresses.emplace_back(part.v6);
  return pod;
}

k8s::Namespace ns(const std::string& name, k8s::Labels labels) {
  k8s::Namespace made;
  labels["kubernetes.io/metadata.name"] = name;
  made.meta = {.ns = "", .name = name, .uid = "uid-" + name, .labels = std::move(labels), .created = ""};
  return made;
}

// Noise lives in both namespaces; everything else at home.
std::string namespace_of(Kind kind, const std::string& name) {
  if (kind == Kind::ns || kind == Kind::node) return "";
  return kind == Kind::pod && name.rfind("abroad-", 0) == 0 ? abroad : home;
}

std::string digit(int value) {
  return std::to_string(value);
}

}  // namespace

World::World(std::uint64_t seed) : dice_(seed) {
  open();
  events_.clear();
}

std::vector<k8s::Object> World::objects() const {
  std::vector<k8s::Object> all;
  for (const auto& [key, object] : objects_) all.push_back(object);
  return all;
}

void World::put(k8s::Object object) {
  const Key key{k8s::kind_of(object), k8s::meta_of(object).key()};
  events_.emplace_back(k8s::Upserted{object, {}});
  objects_.insert_or_assign(key, std::move(object));
}

void World::remove(Kind kind, const std::string& name) {
  const ObjectKey key{namespace_of(kind, name), name};
  objects_.erase({kind, key});
  events_.emplace_back(k8s::Deleted{kind, key});
}

bool World::has(Kind kind, const std::string& name) const {
  return objects_.contains({kind, {namespace_of(kind, name), name}});
}

k8s::Pod& World::pod(const std::string& name) {
  return std::get<k8s::Pod>(objects_.at({Kind::pod, {namespace_of(Kind::pod, name), name}}));
}

void World::relabel(const std::string& name, const std::string& label, const std::string& value) {
  k8s::Pod changed = pod(name);
  changed.meta.labels[label] = value;
  put(std::move(changed));
}

std::string World::timestamp() {
  const auto day = ++created_;
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", static_cast<int>(2025 + day / 336),
                static_cast<int>(1 + day / 28 % 12), static_cast<int>(1 + day % 28));
  return text;
}

void World::open() {
  k8s::Node node;
  node.meta.name = node_name;
  put(node);
  put(ns(home, {}));
  put(ns(abroad, {{"team", "x"}}));
  const k8s::Labels a_client{{"a", "yes"}, {"b", "yes"}};
  for (const Part& part : {stranger, free_from, free_to, captive, shifty, turncoat, gate, server})
    put(pod_of(part, {}));
  put(pod_of(client, a_client));
  auto remote = pod_of(remote_client, a_client, "node-b");
  remote.meta.labels["app"] = "client";
  put(std::move(remote));
  put(pod_of(remote_stranger, {}, "node-b"));
  put(pod_of(roamer, {{"side", "left"}}));
  put(pod_of(swinger, {{"mode", "out"}}));
  for (const Part& part : {hinge_from, hinge_to}) put(pod_of(part, {{"hinge", "yes"}}));
  k8s::Pod isolated = pod_of(victim, {});
  isolated.ports = {{"web", k8s::Protocol::tcp, 8080}, {"query", k8s::Protocol::udp, 8080}};
  put(std::move(isolated));

  put(allowing_policy("allow-a", "a", dice_));
  put(block_policy("blocks", dice_));
  put(egress_policy("captive", {{"app", "captive"}}, {{"app", "server"}}));
  put(ingress_policy("reused", {{"app", "reused"}}, {{"app", "client"}}));
  put(ingress_policy("gate-left", {{"app", "gate"}}, {{"side", "left"}}));
  put(ingress_policy("gate-right", {{"app", "gate"}}, {{"side", "right"}}));
  put(ingress_policy("gate-swing", {{"app", "gate"}}, {{"mode", "in"}}));
  put(egress_policy("swing", {{"mode", "in"}}, {{"app", "server"}}));
  put(hinge_policy("hinge", true));
  // Each takes a packet a while: it is in flight for longer when the tables change.
  for (int i = 10; i < 40; ++i) {
    put(bystander_policy("gate-m-" + digit(i), "gate", dice_));
    put(bystander_policy("hinge-" + digit(i), "hinge-to", dice_));
  }
  reuse_address();
}

std::vector<k8s::Event> World::turn() {
  struct Turn {
    int weight;
    void (World::*play)();
  };
  static constexpr Turn all[] = {
      {12, &World::change_allowing_policy},
      {10, &World::toggle_noise_policy},
      {8, &World::toggle_crowd_policy},
      {20, &World::change_noise_pod},
      {6, &World::toggle_isolation},
      {6, &World::toggle_captivity},
      {8, &World::reuse_address},
      {6, &World::change_blocks},
      {4, &World::relabel_namespace},
      {4, &World::relabel_parts},
      {4, &World::change_named_ports},
      {6, &World::roam},
      {3, &World::swing},
      {3, &World::turn_hinge},
      {2, &World::repeat},
  };
  int sum = 0;
  for (const Turn& one : all) sum += one.weight;
  events_.clear();
  ++turns_;
  while (events_.empty()) {
    int left = dice_.below(sum);
    for (const Turn& one : all) {
      left -= one.weight;
      if (left >= 0) continue;
      (this->*one.play)();
      break;
    }
  }
  return std::move(events_);
}

// One of the two is always there: A, then A and B, then B, …
void World::change_allowing_policy() {
  const bool a = has(Kind::network_policy, "allow-a"), b = has(Kind::network_policy, "allow-b");
  const std::string chosen = dice_.chance(50) ? "a" : "b";
  if (a && b && dice_.chance(50)) return remove(Kind::network_policy, "allow-" + chosen);
  put(allowing_policy("allow-" + chosen, chosen, dice_));
}

void World::toggle_noise_policy() {
  const std::string name = "noise-" + digit(dice_.below(noise_policies));
  if (has(Kind::network_policy, name) && dice_.chance(50)) return remove(Kind::network_policy, name);
  put(noise_policy(name, dice_));
}

void World::toggle_crowd_policy() {
  const std::string name = "crowd-" + digit(dice_.below(noise_policies));
  if (has(Kind::network_policy, name) && dice_.chance(50)) return remove(Kind::network_policy, name);
  put(crowd_policy(name, dice_));
}

// Pods that come, go, change labels and take each other's addresses; a third of them here, as the crowd.
void World::change_noise_pod() {
  const int number = dice_.below(noise_pods);
  const bool far = number % 3 != 0;
  const std::string name = (number % 2 == 0 ? "abroad-" : "noise-") + digit(number);
  if (has(Kind::pod, name) && dice_.chance(40)) return remove(Kind::pod, name);
  const std::string address = (far ? "10.244.2." : "10.244.1.") + digit(100 + dice_.below(20));
  const bool known = has(Kind::pod, name);
  k8s::Pod made = pod_of({name.c_str(), address.c_str(), ""}, {}, far ? "node-b" : node_name);
  if (known && dice_.chance(50)) made = pod(name);
  made.meta.ns = namespace_of(Kind::pod, name);
  made.meta.labels = {{"app", far ? "noise" : "crowd"}, {"noise", digit(dice_.below(6))}};
  if (dice_.chance(30)) made.ports = {{"web", k8s::Protocol::tcp, static_cast<std::uint16_t>(dice_.below(60000))}};
  if (!known) {
    made.meta.created = timestamp();
    made.meta.uid = "uid-" + name + made.meta.created;
  }
  put(std::move(made));
}

// By the policy or by the pod's own label.
void World::toggle_isolation() {
  if (dice_.chance(50))
    return relabel(shifty.name, "app", pod(shifty.name).meta.labels["app"] == "none" ? "shifty" : "none");
  if (has(Kind::network_policy, "shifty")) return remove(Kind::network_policy, "shifty");
  put(ingress_policy("shifty", {{"app", "shifty"}}, {{"app", "client"}}));
}

void World::toggle_captivity() {
  if (has(Kind::network_policy, "turncoat") && dice_.chance(60)) return remove(Kind::network_policy, "turncoat");
  put(egress_policy("turncoat", {{"app", "turncoat"}},
                    dice_.chance(50) ? k8s::Labels{{"app", "server"}} : k8s::Labels{}));
}

// The old owner's deletion and the new one's arrival, in one burst and in either order; sometimes
// under the same name (a StatefulSet's pod), and sometimes the old one lingers.
void World::reuse_address() {
  static const Part one{"reused-0", reused_address, ""}, other{"reused-1", reused_address, ""};
  const Part* const old = has(Kind::pod, "reused-0") ? &one : has(Kind::pod, "reused-1") ? &other : nullptr;
  const bool same_name = dice_.chance(30);
  const Part& next = old == nullptr || (old == &one) == same_name ? one : other;
  const bool both = has(Kind::pod, "reused-0") && has(Kind::pod, "reused-1");
  if (both) return remove(Kind::pod, dice_.chance(50) ? "reused-0" : "reused-1");
  const bool goes_first = old != nullptr && dice_.chance(50);
  if (goes_first) remove(Kind::pod, old->name);
  k8s::Pod made = pod_of(next, {});
  made.meta.labels["app"] = "reused";
  made.meta.created = timestamp();
  made.meta.uid = "uid-" + made.meta.created;
  put(std::move(made));
  if (old != nullptr && !goes_first && old->name != std::string(next.name) && dice_.chance(50))
    remove(Kind::pod, old->name);
}

void World::change_blocks() {
  put(block_policy("blocks", dice_));
}

void World::relabel_namespace() {
  const bool home_too = dice_.chance(30);
  put(ns(home_too ? home : abroad, {{"team", dice_.chance(50) ? "x" : "y"}}));
}

void World::relabel_parts() {
  static const std::vector<std::string> parts{client.name, stranger.name, victim.name, server.name, captive.name};
  relabel(dice_.pick(parts), "mood", digit(dice_.below(5)));
}

// The victim's ports of other names.
void World::change_named_ports() {
  k8s::Pod changed = pod(victim.name);
  changed.ports = {{"web", k8s::Protocol::tcp, 8080}, {"query", k8s::Protocol::udp, 8080}};
  for (int more = dice_.below(3); more > 0; --more)
    changed.ports.push_back({dice_.chance(50) ? "web" : "extra", k8s::Protocol::tcp,
                             static_cast<std::uint16_t>(10000 + dice_.below(1000))});
  put(std::move(changed));
}

void World::roam() {
  relabel(roamer.name, "side", pod(roamer.name).meta.labels["side"] == "left" ? "right" : "left");
}

void World::swing() {
  relabel(swinger.name, "mode", pod(swinger.name).meta.labels["mode"] == "in" ? "out" : "in");
}

void World::turn_hinge() {
  const auto& now = std::get<k8s::NetworkPolicy>(objects_.at({Kind::network_policy, {home, "hinge"}}));
  put(hinge_policy("hinge", now.egress.empty()));
}

// As a list that is fetched again does.
void World::repeat() {
  auto object = objects_.begin();
  std::advance(object, dice_.below(static_cast<int>(objects_.size())));
  events_.emplace_back(k8s::Upserted{object->second, {}});
}

}  // namespace selvedge::soak
