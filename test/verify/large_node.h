// A full node: 110 pods of a cluster of 500, 500 policies that all select some pod here.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::test {

inline std::vector<k8s::Object> large_node(std::uint32_t seed, int local_pods = 110, int pods = 500,
                                           int policies = 500) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<std::uint32_t>(limit)); };
  const auto app = [&](int number) { return "app-" + std::to_string(number); };
  const int namespaces = 10;
  std::vector<k8s::Object> objects;
  for (int i = 0; i < namespaces; ++i) {
    const std::string name = "ns-" + std::to_string(i);
    objects.push_back(k8s::Namespace{
        .meta = {.ns = "", .name = name, .uid = "", .labels = {{"team", std::to_string(i % 4)}}, .created = ""}});
  }
  for (int i = 0; i < pods; ++i) {
    const bool local = i < local_pods;
    const std::string last = std::to_string(i % 200 + 2);
    const std::string net = local ? "1" : std::to_string(i / 200 + 2);
    k8s::Pod pod;
    pod.meta.ns = "ns-" + std::to_string(i % namespaces);
    pod.meta.name = "pod-" + std::to_string(i);
    pod.meta.uid = "uid-" + std::to_string(i);
    pod.meta.labels = {{"app", app(i / namespaces % 8)}, {"tier", std::to_string(i % 3)}};
    pod.node = local ? "node-a" : "node-b";
    pod.phase = k8s::Pod::Phase::running;
    pod.addresses = {"10.244." + net + "." + last, "fd00:244:0:" + net + "::" + last};
    pod.ports = {{"http", k8s::Protocol::tcp, static_cast<std::uint16_t>(8080 + i % 2)}};
    objects.push_back(pod);
  }
  const auto labels = [](std::string key, std::string value) {
    return k8s::LabelSelector{.match_labels = {{std::move(key), std::move(value)}}, .match_expressions = {}};
  };
  const auto peer = [&] {
    k8s::Peer made;
    switch (below(4)) {
      case 0:
        made.pod_selector = labels("app", app(below(8)));
        break;
      case 1:
        made.namespace_selector = labels("team", std::to_string(below(4)));
        break;
      case 2:
        made.namespace_selector = labels("team", std::to_string(below(4)));
        made.pod_selector = labels("tier", std::to_string(below(3)));
        break;
      default: {
        const std::string net = "203.0." + std::to_string(below(64));
        made.ip_block = k8s::IpBlock{net + ".0/24", {net + ".5/32"}};
      }
    }
    return made;
  };
  const auto rule = [&] {
    k8s::PolicyRule made;
    for (int i = 0; i < 3; ++i) made.peers.push_back(peer());
    made.ports.push_back({.protocol = k8s::Protocol::tcp, .port = std::int64_t{1000 + below(20)}, .end_port = {}});
    if (below(4) == 0)
      made.ports.push_back({.protocol = k8s::Protocol::tcp, .port = std::string("http"), .end_port = {}});
    if (below(4) == 0) made.ports.push_back({.protocol = k8s::Protocol::udp, .port = std::int64_t{53}, .end_port = {}});
    return made;
  };
  for (int i = 0; i < policies; ++i) {
    k8s::NetworkPolicy policy;
    policy.meta.ns = "ns-" + std::to_string(i % namespaces);
    policy.meta.name = "policy-" + std::to_string(i);
    policy.pod_selector = labels("app", app(below(8)));
    policy.ingress_isolates = true;
    policy.egress_isolates = below(2) == 0;
    policy.ingress = {rule(), rule()};
    if (policy.egress_isolates) policy.egress = {rule()};
    objects.push_back(policy);
  }
  return objects;
}

}  // namespace selvedge::test
