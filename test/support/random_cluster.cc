#include "test/support/random_cluster.h"

namespace selvedge::test {
namespace {

const std::vector<std::string> namespaces{"blue", "green", "red"};
const std::vector<std::string> nodes{"node-a", "node-b"};
const std::vector<std::string> keys{"app", "role"};
const std::vector<std::string> values{"x", "y", "z"};
const std::vector<std::string> port_names{"http", "dns"};
const std::vector<k8s::Protocol> protocols{k8s::Protocol::tcp, k8s::Protocol::udp, k8s::Protocol::sctp};
const std::vector<std::string> cidrs{"10.244.1.0/24",  "10.244.0.0/16",     "0.0.0.0/0", "10.244.1.4/30",
                                     "203.0.113.0/24", "fd00:244::/48",     "::/0",      "10.244.1.3/32",
                                     "203.0.113.0/25", "fd00:244:0:1::/64", "not-a-cidr"};

std::string numbered(const std::string& prefix, int number) {
  return prefix + std::to_string(number);
}

}  // namespace

k8s::Labels RandomCluster::labels() {
  k8s::Labels result;
  for (const std::string& key : keys) {
    if (chance(70)) result[key] = pick(values);
  }
  return result;
}

k8s::LabelSelector RandomCluster::selector() {
  k8s::LabelSelector result;
  if (chance(40)) result.match_labels[pick(keys)] = pick(values);
  if (chance(30)) {
    const auto op = static_cast<k8s::Requirement::Operator>(below(4));
    const bool valued = op == k8s::Requirement::Operator::in || op == k8s::Requirement::Operator::not_in;
    k8s::Requirement requirement{.key = pick(keys), .op = op, .values = {}};
    if (valued) requirement.values = {pick(values), pick(values)};
    result.match_expressions.push_back(requirement);
  }
  result.understood = !chance(3);
  return result;
}

k8s::Peer RandomCluster::peer() {
  k8s::Peer result;
  if (chance(30)) {
    result.ip_block = k8s::IpBlock{.cidr = pick(cidrs), .except = {}};
    while (chance(40)) result.ip_block->except.push_back(pick(cidrs));
    return result;
  }
  if (chance(60)) result.pod_selector = selector();
  if (chance(50)) result.namespace_selector = selector();
  result.understood = !chance(3);
  return result;
}

k8s::PolicyPort RandomCluster::port() {
  k8s::PolicyPort result{.protocol = pick(protocols), .port = {}, .end_port = {}, .understood = !chance(3)};
  if (chance(30)) {
    result.port = pick(port_names);
  } else if (chance(80)) {
    const std::int64_t number = 79 + below(5);
    result.port = number;
    if (chance(30)) result.end_port = number + below(4) - 1;
  }
  return result;
}

k8s::PolicyRule RandomCluster::rule() {
  k8s::PolicyRule result;
  while (chance(60)) result.peers.push_back(peer());
  while (chance(50)) result.ports.push_back(port());
  result.understood = !chance(3);
  return result;
}

k8s::Pod RandomCluster::pod() {
  k8s::Pod pod;
  pod.meta = {.ns = pick(namespaces),
              .name = numbered("pod-", below(5)),
              .uid = numbered("uid-", below(2)),
              .labels = labels(),
              .created = numbered("2026-01-01T00:00:0", below(9)) + "Z"};
  pod.node = pick(nodes);
  pod.host_network = chance(5);
  pod.phase = chance(85) ? k8s::Pod::Phase::running : static_cast<k8s::Pod::Phase>(below(5));
  pod.started = chance(80) ? numbered("2026-01-02T00:00:0", below(9)) + "Z" : "";
  if (chance(85)) pod.addresses.push_back(numbered("10.244.1.", 1 + below(9)));
  if (chance(50)) pod.addresses.push_back(numbered("fd00:244:0:1::", 1 + below(9)));
  if (chance(3)) pod.addresses.emplace_back("10.244.1.999");
  while (chance(60)) {
    pod.ports.push_back({.name = chance(80) ? pick(port_names) : "",
                         .protocol = pick(protocols),
                         .number = static_cast<std::uint16_t>(79 + below(5))});
  }
  pod.understood = !chance(4);
  return pod;
}

k8s::Namespace RandomCluster::ns() {
  k8s::Namespace result{.meta = {.ns = "", .name = pick(namespaces), .uid = "", .labels = labels(), .created = ""}};
  result.meta.labels["kubernetes.io/metadata.name"] = result.meta.name;
  return result;
}

k8s::Node RandomCluster::node() {
  return {.meta = {.ns = "", .name = pick(nodes), .uid = "", .labels = {}, .created = ""},
          .pod_cidrs = {"10.244.1.0/24"},
          .addresses = {}};
}

k8s::NetworkPolicy RandomCluster::policy() {
  k8s::NetworkPolicy result;
  result.meta = {.ns = pick(namespaces), .name = numbered("policy-", below(4)), .uid = "", .labels = {}, .created = ""};
  if (!chance(40)) result.pod_selector = selector();
  result.ingress_isolates = chance(70);
  result.egress_isolates = chance(60);
  while (chance(60)) result.ingress.push_back(rule());
  while (chance(60)) result.egress.push_back(rule());
  result.understood = !chance(4);
  return result;
}

k8s::Kind RandomCluster::kind() {
  if (chance(55)) return k8s::Kind::pod;
  if (chance(70)) return k8s::Kind::network_policy;
  return chance(85) ? k8s::Kind::ns : k8s::Kind::node;
}

k8s::Object RandomCluster::object() {
  switch (kind()) {
    case k8s::Kind::pod:
      return pod();
    case k8s::Kind::ns:
      return ns();
    case k8s::Kind::node:
      return node();
    default:
      return policy();
  }
}

k8s::ObjectKey RandomCluster::victim(k8s::Kind kind) {
  switch (kind) {
    case k8s::Kind::pod:
      return pod().meta.key();
    case k8s::Kind::ns:
      return ns().meta.key();
    case k8s::Kind::node:
      return node().meta.key();
    default:
      return policy().meta.key();
  }
}

}  // namespace selvedge::test
