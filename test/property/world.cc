// What a world is to others: objects, settings, text to read, and a generator for RapidCheck.
#include "test/property/world.h"

#include "controller/selector.h"
#include "nft/overloaded.h"

namespace selvedge::test {
namespace {

void print(std::ostream& out, const k8s::Labels& labels) {
  out << '{';
  const char* separator = "";
  for (const auto& [key, value] : labels) {
    if (key == "kubernetes.io/metadata.name") continue;
    out << separator << key << ": \"" << value << '"';
    separator = ", ";
  }
  out << '}';
}

void print(std::ostream& out, const std::vector<std::string>& values) {
  out << '[';
  for (std::size_t i = 0; i < values.size(); ++i) out << (i == 0 ? "\"" : ", \"") << values[i] << '"';
  out << ']';
}

const char* not_understood(bool understood) {
  return understood ? "" : " (NOT UNDERSTOOD)";
}

const char* name_of(k8s::Protocol protocol) {
  return protocol == k8s::Protocol::tcp ? "TCP" : protocol == k8s::Protocol::udp ? "UDP" : "SCTP";
}

void print(std::ostream& out, const k8s::LabelSelector& selector) {
  constexpr std::array operators{"In", "NotIn", "Exists", "DoesNotExist"};
  print(out, selector.match_labels);
  for (const k8s::Requirement& r : selector.match_expressions) {
    out << " + " << r.key << ' ' << operators.at(static_cast<std::size_t>(r.op)) << ' ';
    print(out, r.values);
  }
  out << not_understood(selector.understood);
}

void print(std::ostream& out, const k8s::Peer& peer) {
  if (peer.ip_block) {
    out << " ipBlock: \"" << peer.ip_block->cidr << "\" except ";
    print(out, peer.ip_block->except);
  }
  if (peer.namespace_selector) print(out << " namespaceSelector: ", *peer.namespace_selector);
  if (peer.pod_selector) print(out << " podSelector: ", *peer.pod_selector);
  out << not_understood(peer.understood) << '\n';
}

void print(std::ostream& out, const k8s::PolicyPort& port) {
  out << ' ' << name_of(port.protocol);
  if (const auto* number = std::get_if<std::int64_t>(&port.port)) out << " port: " << *number;
  if (const auto* name = std::get_if<std::string>(&port.port)) out << " port: \"" << *name << '"';
  if (port.end_port) out << " endPort: " << *port.end_port;
  out << not_understood(port.understood) << '\n';
}

void print(std::ostream& out, const char* direction, const char* from, const std::vector<k8s::PolicyRule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    out << "  " << direction << '[' << i << ']' << not_understood(rules[i].understood) << '\n';
    for (std::size_t p = 0; p < rules[i].peers.size(); ++p) {
      print(out << "    " << from << '[' << p << "]:", rules[i].peers[p]);
    }
    for (std::size_t p = 0; p < rules[i].ports.size(); ++p) print(out << "    ports[" << p << "]:", rules[i].ports[p]);
  }
}

void print(std::ostream& out, const k8s::NetworkPolicy& policy) {
  out << "NetworkPolicy " << to_string(policy.meta.key()) << not_understood(policy.understood) << "\n  podSelector: ";
  print(out, policy.pod_selector);
  out << "\n  policyTypes: [" << (policy.ingress_isolates ? " Ingress" : "")
      << (policy.egress_isolates ? " Egress" : "") << " ]\n";
  print(out, "ingress", "from", policy.ingress);
  print(out, "egress", "to", policy.egress);
}

void print(std::ostream& out, const k8s::Pod& pod) {
  constexpr std::array phases{"Pending", "Running", "Succeeded", "Failed", "Unknown"};
  out << "Pod " << to_string(pod.meta.key()) << " on \"" << pod.node << "\" "
      << phases.at(static_cast<std::size_t>(pod.phase)) << (pod.host_network ? " hostNetwork " : " ");
  print(out, pod.addresses);
  print(out << " labels: ", pod.meta.labels);
  for (const k8s::ContainerPort& port : pod.ports) {
    out << " port: \"" << port.name << "\" " << name_of(port.protocol) << ' ' << port.number;
  }
  out << " uid: \"" << pod.meta.uid << "\" created: \"" << pod.meta.created << "\" started: \"" << pod.started << '"'
      << not_understood(pod.understood) << '\n';
}

void print(std::ostream& out, const k8s::Namespace& ns) {
  print(out << "Namespace " << ns.meta.name << ' ', ns.meta.labels);
  out << not_understood(ns.understood) << '\n';
}

void print(std::ostream& out, const k8s::Node& node) {
  print(out << "Node " << node.meta.name << ' ', node.pod_cidrs);
  out << '\n';
}

void print(std::ostream&, const k8s::Workload&) {}
void print(std::ostream&, const k8s::Service&) {}

}  // namespace

void print(std::ostream& out, const k8s::Object& object) {
  std::visit([&](const auto& value) { print(out, value); }, object);
}

void showValue(const World& world, std::ostream& out) {
  out << "\nseen from " << world.node.value_or("all nodes") << ", VXLAN port " << world.vxlan_port
      << (world.guard ? "" : ", unguarded") << (world.own_node_open ? ", own node open" : "")
      << (world.ipvs ? ", by IPVS" : "");
  for (const std::string& ns : world.audited) out << ", " << ns << " audited";
  out << '\n';
  for (const k8s::Object& object : objects_of(world)) print(out, object);
}

std::vector<k8s::Object> objects_of(const World& world) {
  std::vector<k8s::Object> objects;
  objects.insert(objects.end(), world.nodes.begin(), world.nodes.end());
  objects.insert(objects.end(), world.namespaces.begin(), world.namespaces.end());
  objects.insert(objects.end(), world.pods.begin(), world.pods.end());
  objects.insert(objects.end(), world.policies.begin(), world.policies.end());
  return objects;
}

Settings settings_of(const World& world) {
  return {.table = "selvedge",
          .node = world.node,
          .bridge = "cni0",
          .vxlan_port = world.vxlan_port,
          .guard = world.guard,
          .own_node_open = world.own_node_open,
          .ipvs = world.ipvs,
          .audited = world.audited,
          .unreached = !world.node};
}

meaning::Viewpoint viewpoint_of(const World& world) {
  return {.node = world.node,
          .bridge = "cni0",
          .vxlan_port = world.vxlan_port,
          .guard = world.guard,
          .own_node_open = world.own_node_open,
          .ipvs = world.ipvs,
          .audited = world.audited};
}

nft::Table rendered(const World& world) {
  Core core(settings_of(world));
  for (const k8s::Object& object : objects_of(world)) core.upsert(object);
  return core.table();
}

}  // namespace selvedge::test

rc::Gen<selvedge::test::World> rc::Arbitrary<selvedge::test::World>::arbitrary() {
  using selvedge::test::World;
  return [](Random random, int size) {
    return shrinkable::shrinkRecur(selvedge::test::random_world(random.next(), size), [](const World& world) {
      return seq::fromContainer(selvedge::test::simpler(world));
    });
  };
}
