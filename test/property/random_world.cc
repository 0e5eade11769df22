// Draws worlds. The pools are where the corner cases are: each line of them is there for one.
#include <set>

#include "test/property/dice.h"
#include "test/property/world.h"

namespace selvedge::test {
namespace {

using Texts = std::vector<std::string>;

const Texts namespace_names{"blue", "green", "red"};
const Texts node_names{"node-a", "node-b"};
const Texts keys{"app", "role"};
const Texts values{"x", "x", "y", "y", ""};
const std::string long_value(63, 'v');
const std::string long_name = std::string(245, 'n') + ".example";
const Texts port_names{"http", "dns", "http", "metrics"};
const std::vector<k8s::Protocol> protocols{k8s::Protocol::tcp, k8s::Protocol::tcp, k8s::Protocol::udp,
                                           k8s::Protocol::sctp};
const std::vector<std::int64_t> port_numbers{79, 80, 81, 82, 443, 8472, 1, 65535};
const std::vector<std::int64_t> no_ports{0, -1, 65536, 65616, std::int64_t{1} << 40};
const Texts bad_port_names{"", "HTTP", "a--b", "-http", "80", "a-name-too-long-for-it", "no port"};

// Of a pod: mostly its own, else one of few that pods share one after the other.
const Texts shared_addresses{"10.244.1.4", "10.244.1.5", "10.244.2.4", "fd00:244:0:1::4", "fd00:244:0:1::5"};
const Texts odd_addresses{"010.244.001.006", "::ffff:10.244.1.6", "FD00:244:0:1:0::6", "203.0.113.9",  "10.244.1.255",
                          "255.255.255.255", "0.0.0.0",           "fe80::6",           "169.254.20.6", "::1",
                          "ff02::6"};
const Texts odd_ranges{"0.0.0.0/0",      "192.168.0.0/24", "::/0", "10.244.1.4/31",
                       "203.0.112.0/23", "10.244.1.0",     "pods", ""};
const Texts no_addresses{"10.244.1.999", "", "10.244.1.6/32", "fe80::6%eth0", "pod"};

const Texts blocks{"10.244.1.0/24",
                   "10.244.0.0/16",
                   "10.244.1.4/30",
                   "10.244.1.4/31",
                   "10.244.1.6/31",
                   "10.244.1.5/32",
                   "203.0.113.0/24",
                   "203.0.113.0/25",
                   "203.0.113.128/25",
                   "203.0.113.64/26",
                   "203.0.113.9/32",
                   "0.0.0.0/0",
                   "0.0.0.0/1",
                   "128.0.0.0/1",
                   "0.0.0.0/32",
                   "224.0.0.0/4",
                   "169.254.0.0/16",
                   "169.254.169.254/32",
                   "255.255.255.255/32",
                   "fd00:244::/48",
                   "fd00:244:0:1::/64",
                   "fd00:244:0:1::4/126",
                   "fd00:244:0:1::5/128",
                   "::/0",
                   "::/1",
                   "8000::/1",
                   "::/128",
                   "fe80::/10",
                   "ff00::/8"};
const Texts odd_blocks{"10.244.1.5/24",     "010.244.0.0/16", "::ffff:10.244.1.0/120", "::ffff:0:0/96",
                       "::ffff:0.0.0.0/97", "::fffe:0:0/95",  "fd00:244:0:1::ff/64"};
const Texts no_blocks{"not-a-cidr", "",   "10.0.0.0",     "10.0.0.0/33",         "fd00::/129",   "10.0.0.0/-1",
                      "10.0.0.0/",  "/8", "10.0.0.0/8/8", "::ffff:10.0.0.0/129", "10.0.0.256/24"};

const Texts modes{"audit", "audit", "enforce", "Audit"};

class Draw {
 public:
  Draw(std::uint64_t seed, int size) : dice_(seed), size_(size) {}

  World world() {
    World world;
    if (dice_.chance(12)) world.node.reset();
    if (dice_.chance(15)) world.vxlan_port = dice_.chance(50) ? 0 : 80;
    world.guard = dice_.chance(70);
    world.own_node_open = dice_.chance(20);
    world.ipvs = dice_.chance(30);
    if (dice_.chance(80)) world.nodes.push_back(node("node-a"));
    if (dice_.chance(50)) world.nodes.push_back(node("node-b"));
    for (const std::string& name : namespace_names) {
      if (rarely(6)) world.audited.insert(name);
      if (dice_.chance(90)) world.namespaces.push_back(ns(name));
    }
    std::set<k8s::ObjectKey> taken;
    for (int left = 2 + at_most(10); left > 0; --left) {
      if (k8s::Pod p = pod(); taken.insert(p.meta.key()).second) world.pods.push_back(std::move(p));
    }
    taken.clear();
    for (int left = (rarely(5) ? 0 : 1) + at_most(6); left > 0; --left) {
      if (k8s::NetworkPolicy p = policy(); taken.insert(p.meta.key()).second) world.policies.push_back(std::move(p));
    }
    return world;
  }

 private:
  bool rarely(int percent) { return dice_.chance(percent); }
  int at_most(int most) { return dice_.below(1 + (most * (size_ + 60)) / 160); }
  bool more(int percent) { return dice_.chance(percent * (size_ + 50) / 150); }

  static std::string numbered(const std::string& prefix, int number) { return prefix + std::to_string(number); }

  // Two namespaces mostly: selectors and policies then meet.
  std::string namespace_name() {
    return namespace_names[static_cast<std::size_t>(dice_.chance(60) ? 0 : dice_.chance(75) ? 1 : 2)];
  }
  std::string time() { return dice_.chance(85) ? numbered("2026-01-01T00:00:0", dice_.below(4)) + "Z" : ""; }

  k8s::Labels labels() {
    k8s::Labels result;
    for (const std::string& key : keys) {
      if (dice_.chance(80)) result[key] = dice_.pick(values);
    }
    if (rarely(2)) result["-odd-"] = "-odd-";  // nothing can select it
    if (rarely(3)) result["app"] = long_value;
    return result;
  }

  k8s::Requirement requirement() {
    const auto op = static_cast<k8s::Requirement::Operator>(dice_.below(4));
    k8s::Requirement result{.key = dice_.pick(keys), .op = op, .values = {}};
    const bool valued = op == k8s::Requirement::Operator::in || op == k8s::Requirement::Operator::not_in;
    if (valued != rarely(3)) result.values = {dice_.pick(values), dice_.pick(values)};
    if (rarely(2)) result.key = dice_.chance(50) ? "-odd-" : "a.B/app";
    if (rarely(2)) result.values.emplace_back("-odd-");
    if (rarely(3) && valued) result.values.push_back(long_value);
    return result;
  }

  k8s::LabelSelector selector() {
    k8s::LabelSelector result;
    if (dice_.chance(40)) result.match_labels[dice_.pick(keys)] = dice_.pick(values);
    while (more(30)) result.match_expressions.push_back(requirement());
    if (rarely(2)) result.match_labels[dice_.chance(50) ? "app" : "-odd-"] = "-odd-";
    result.understood = !rarely(2);
    return result;
  }

  std::string block() {
    if (rarely(4)) return dice_.pick(no_blocks);
    return dice_.pick(dice_.chance(85) ? blocks : odd_blocks);
  }

  k8s::Peer peer() {
    k8s::Peer result;
    const bool is_block = dice_.chance(40);
    if (is_block) {
      result.ip_block = k8s::IpBlock{.cidr = block(), .except = {}};
      while (more(50)) result.ip_block->except.push_back(block());
    }
    if (is_block && !rarely(3)) return result;
    if (dice_.chance(65)) result.pod_selector = selector();
    if (dice_.chance(55)) result.namespace_selector = selector();
    result.understood = !rarely(2);
    return result;
  }

  k8s::PolicyPort port() {
    k8s::PolicyPort result{.protocol = dice_.pick(protocols), .port = {}, .end_port = {}, .understood = !rarely(2)};
    if (dice_.chance(35)) {
      result.port = rarely(5) ? dice_.pick(bad_port_names) : dice_.pick(port_names);
    } else if (dice_.chance(80)) {
      const std::int64_t number = rarely(5) ? dice_.pick(no_ports) : dice_.pick(port_numbers);
      result.port = number;
      if (dice_.chance(30)) result.end_port = number + dice_.below(4);
    }
    if (rarely(3)) result.end_port = dice_.chance(50) ? dice_.pick(no_ports) : dice_.pick(port_numbers);
    return result;
  }

  k8s::PolicyRule rule() {
    k8s::PolicyRule result;
    while (more(65)) result.peers.push_back(peer());
    while (more(55)) result.ports.push_back(port());
    result.understood = !rarely(2);
    return result;
  }

  void add_addresses(k8s::Pod& pod, int number) {
    const std::string subnet = pod.node == "node-b" ? "2" : "1";
    const auto add = [&](const std::string& own) {
      pod.addresses.push_back(dice_.chance(75) ? own : dice_.pick(shared_addresses));
    };
    if (dice_.chance(85)) add("10.244." + subnet + "." + std::to_string(number));
    if (dice_.chance(70)) add("fd00:244:0:" + subnet + "::" + std::to_string(number));
    if (rarely(6)) pod.addresses.push_back(dice_.pick(odd_addresses));
    if (rarely(3)) pod.addresses.push_back(dice_.pick(no_addresses));
    if (rarely(10)) add("10.244." + subnet + "." + std::to_string(number + 4));
  }

  k8s::Pod pod() {
    k8s::Pod pod;
    const int index = dice_.below(4);
    pod.meta = {.ns = namespace_name(),
                .name = numbered("pod-", index),
                .uid = numbered("uid-", dice_.below(2)),
                .labels = labels(),
                .created = time()};
    if (rarely(2)) pod.meta.name = long_name;
    pod.node = rarely(4) ? "" : node_names.at(dice_.chance(70) ? 0 : 1);
    pod.host_network = rarely(5);
    pod.phase = dice_.chance(85) ? k8s::Pod::Phase::running : static_cast<k8s::Pod::Phase>(dice_.below(5));
    pod.started = time();
    add_addresses(pod, 2 + index + (pod.meta.ns == "blue" ? 0 : 4));
    while (more(60)) {
      const std::int64_t number = dice_.pick(port_numbers);
      pod.ports.push_back({.name = dice_.chance(85) ? dice_.pick(port_names) : "",
                           .protocol = dice_.pick(protocols),
                           .number = static_cast<std::uint16_t>(number)});
    }
    pod.understood = !rarely(3);
    return pod;
  }

  k8s::Namespace ns(const std::string& name) {
    k8s::Namespace result{.meta = {.ns = "", .name = name, .uid = "", .labels = labels(), .created = ""}};
    result.meta.labels["kubernetes.io/metadata.name"] = name;
    if (dice_.chance(18)) result.meta.labels["selvedge.io/mode"] = dice_.pick(modes);
    result.understood = !rarely(3);
    return result;
  }

  k8s::Node node(const std::string& name) {
    const std::string number = name == "node-a" ? "1" : "2";
    k8s::Node result{.meta = {.ns = "", .name = name, .uid = "", .labels = {}, .created = ""},
                     .pod_cidrs = {"10.244." + number + ".0/24"},
                     .addresses = {"192.168.0." + number}};
    if (dice_.chance(60)) result.pod_cidrs.push_back("fd00:244:0:" + number + "::/64");
    if (rarely(10)) result.pod_cidrs.push_back(dice_.pick(odd_ranges));
    return result;
  }

  k8s::NetworkPolicy policy() {
    k8s::NetworkPolicy result;
    result.meta = {
        .ns = namespace_name(), .name = numbered("policy-", dice_.below(4)), .uid = "", .labels = {}, .created = ""};
    if (rarely(2)) result.meta.name = long_name;
    if (dice_.chance(40)) result.pod_selector = selector();
    result.ingress_isolates = dice_.chance(75);
    result.egress_isolates = dice_.chance(60);
    while (more(65)) result.ingress.push_back(rule());
    while (more(60)) result.egress.push_back(rule());
    result.understood = !rarely(3);
    return result;
  }

  Dice dice_;
  int size_;
};

}  // namespace

World random_world(std::uint64_t seed, int size) {
  return Draw(seed, size).world();
}

}  // namespace selvedge::test
