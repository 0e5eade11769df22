#include "test/bench/kube_router.h"

#include <array>
#include <functional>
#include <iterator>

namespace selvedge::bench {
namespace {

// Sixteen characters, as its hashes have.
std::string code(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(16 - digits.size(), 'A') + digits;
}
std::string pod_chain(std::size_t pod) {
  return "KUBE-POD-FW-" + code(pod);
}
std::string policy_chain(std::size_t policy) {
  return "KUBE-NWPLCY-" + code(policy);
}
std::string source_set(std::size_t policy, std::size_t rule) {
  return "KUBE-SRC-" + code(policy * 10 + rule);
}
std::string destination_set(std::size_t policy) {
  return "KUBE-DST-" + code(policy);
}

// The server in the middle: the chains of the others come in no order, so half of them come before.
std::vector<std::size_t> order_of_pods(const Shapes& shapes) {
  std::vector<std::size_t> order;
  for (std::size_t i = 1; i < shapes.pods.size(); ++i) order.push_back(i);
  order.insert(order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2), 0);
  return order;
}

// Calls `each(name, addresses)` for every set.
void for_sets(const Shapes& shapes, const std::function<void(std::string, const std::vector<std::string>&)>& each) {
  for (std::size_t p = 0; p < shapes.policies.size(); ++p) {
    const PolicyShape& policy = shapes.policies[p];
    each(destination_set(p), {shapes.pods[policy.pod]});
    for (std::size_t r = 0; r < policy.rules.size(); ++r) each(source_set(p, r), shapes.peers[policy.rules[r]]);
  }
}

std::vector<std::size_t> policies_of(const Shapes& shapes, std::size_t pod) {
  std::vector<std::size_t> found;
  for (std::size_t p = 0; p < shapes.policies.size(); ++p)
    if (shapes.policies[p].pod == pod) found.push_back(p);
  return found;
}

// ---- iptables ---------------------------------------------------------------------

std::string comment(const std::string& text) {
  return " -m comment --comment \"" + text + "\"";
}

std::string iptables_policy(const PolicyShape& policy, std::size_t number) {
  std::string lines;
  for (std::size_t r = 0; r < policy.rules.size(); ++r) {
    const std::string start = "-A " + policy_chain(number) + comment(policy.name + " ingress pods") +
                              " -m set --match-set " + source_set(number, r) + " src -m set --match-set " +
                              destination_set(number) + " dst";
    lines += start + " -j MARK --set-xmark 0x10000/0x10000\n";
    lines += start + " -m mark --mark 0x10000/0x10000 -j RETURN\n";
  }
  return lines;
}

std::string iptables_pod(const Shapes& shapes, std::size_t pod) {
  const std::string chain = "-A " + pod_chain(pod);
  const std::string to = " -d " + shapes.pods[pod] + "/32", from = " -s " + shapes.pods[pod] + "/32";
  const std::string unmarked = " -m mark ! --mark 0x10000/0x10000";
  std::string lines = chain + comment("common netpol rules") + " -j KUBE-NWPLCY-COMMON\n";
  lines += chain + to + comment("from local node") + " -m addrtype --src-type LOCAL -j ACCEPT\n";
  for (const std::size_t p : policies_of(shapes, pod))
    lines += chain + to + comment(shapes.policies[p].name + " policy") + " -j " + policy_chain(p) + "\n";
  if (policies_of(shapes, pod).empty()) lines += chain + to + comment("default ingress") + " -j KUBE-NWPLCY-DEFAULT\n";
  lines += chain + from + comment("default egress") + " -j KUBE-NWPLCY-DEFAULT\n";
  lines +=
      chain + comment("log-drop") + unmarked + " -m limit --limit 10/min --limit-burst 10 -j NFLOG --nflog-group 100\n";
  lines += chain + comment("reject") + unmarked + " -j REJECT --reject-with icmp-port-unreachable\n";
  lines += chain + " -j MARK --set-xmark 0x0/0x10000\n";
  return lines + chain + comment("set netpol-ok mark") + " -j MARK --set-xmark 0x20000/0x20000\n";
}

std::string iptables_dispatch(const Shapes& shapes) {
  std::string lines;
  for (const std::size_t pod : order_of_pods(shapes)) {
    for (const auto& [way, words] : {std::pair{" -d ", "in"}, std::pair{" -s ", "out"}}) {
      const std::string start = "-A KUBE-ROUTER-FORWARD" + std::string(way) + shapes.pods[pod] + "/32";
      const std::string end = comment(std::string("pod ") + words) + " -j " + pod_chain(pod) + "\n";
      lines += start + end;
      lines += start + " -m physdev --physdev-is-bridged" + end;
    }
  }
  lines += "-A KUBE-ROUTER-FORWARD" + comment("handle traffic for network policies") + " -j KUBE-NWPLCY-TAIL\n";
  return lines + "-A KUBE-ROUTER-FORWARD" + comment("accept traffic that complies") +
         " -m mark --mark 0x20000/0x20000 -j ACCEPT\n";
}

constexpr const char* iptables_common = R"(-A FORWARD -j KUBE-ROUTER-FORWARD
-A KUBE-NWPLCY-COMMON -m conntrack --ctstate INVALID -j DROP
-A KUBE-NWPLCY-COMMON -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-NWPLCY-COMMON -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A KUBE-NWPLCY-COMMON -p icmp -m icmp --icmp-type 3 -j ACCEPT
-A KUBE-NWPLCY-COMMON -p icmp -m icmp --icmp-type 11 -j ACCEPT
-A KUBE-NWPLCY-DEFAULT -j MARK --set-xmark 0x10000/0x10000
-A KUBE-NWPLCY-TAIL -m mark --mark 0x20000/0x20000 -j ACCEPT
)";

// ---- nftables ---------------------------------------------------------------------

std::string nftables_set(const std::string& name, const std::vector<std::string>& addresses) {
  std::string text = "set " + name + " { type ipv4_addr; comment \"netpol set\"; elements = { ";
  for (const auto& address : addresses) text += address + ", ";
  return text + "} }\n";
}

std::string nftables_policy(const PolicyShape& policy, std::size_t number) {
  std::string text = "chain " + policy_chain(number) + " {\n";
  for (std::size_t r = 0; r < policy.rules.size(); ++r)
    text += "ip saddr @" + source_set(number, r) + " ip daddr @" + destination_set(number) +
            " counter meta mark set meta mark | 0x00010000 return comment \"" + policy.name + " ingress pods\"\n";
  return text + "}\n";
}

std::string nftables_pod(const Shapes& shapes, std::size_t pod) {
  const std::string to = "ip daddr " + shapes.pods[pod], from = "ip saddr " + shapes.pods[pod];
  const std::string unmarked = "meta mark & 0x00010000 == 0x00000000";
  std::string text =
      "chain " + pod_chain(pod) + " {\ncounter jump KUBE-NWPLCY-COMMON comment \"common netpol rules\"\n";
  text += "fib saddr type local " + to + " counter accept comment \"from local node\"\n";
  for (const std::size_t p : policies_of(shapes, pod))
    text += to + " counter jump " + policy_chain(p) + " comment \"" + shapes.policies[p].name + " policy\"\n";
  if (policies_of(shapes, pod).empty()) text += to + " counter jump KUBE-NWPLCY-DEFAULT comment \"default ingress\"\n";
  text += from + " counter jump KUBE-NWPLCY-DEFAULT comment \"default egress\"\n";
  text += unmarked + " limit rate 10/minute burst 10 packets log group 100 comment \"log-drop\"\n";
  text += unmarked + " counter reject comment \"reject\"\n";
  text += "meta mark set meta mark & 0xfffeffff comment \"clear netpol mark\"\n";
  return text + "meta mark set meta mark | 0x00020000 comment \"set netpol-ok mark\"\n}\n";
}

std::string nftables_dispatch(const Shapes& shapes) {
  std::string text = "chain KUBE-ROUTER-FORWARD {\ntype filter hook forward priority filter; policy accept;\n";
  for (const std::size_t pod : order_of_pods(shapes))
    for (const auto& [way, words] : {std::pair{"daddr ", "in"}, std::pair{"saddr ", "out"}})
      text += std::string("ip ") + way + shapes.pods[pod] + " counter jump " + pod_chain(pod) + " comment \"pod " +
              words + "\"\n";
  return text +
         "counter jump KUBE-NWPLCY-TAIL comment \"netpol accept/reject\"\n"
         "meta mark & 0x00020000 == 0x00020000 counter accept comment \"accept netpol-ok\"\n}\n";
}

constexpr const char* nftables_common = R"(chain KUBE-NWPLCY-COMMON {
  ct state invalid counter drop comment "drop invalid state"
  ct state established,related counter accept comment "accept established/related"
  icmp type echo-request counter accept
  icmp type destination-unreachable counter accept
  icmp type time-exceeded counter accept
}
chain KUBE-NWPLCY-DEFAULT { counter meta mark set meta mark | 0x00010000 comment "mark netpol match"; }
chain KUBE-NWPLCY-TAIL { meta mark & 0x00020000 == 0x00020000 counter accept comment "accept netpol-ok"; }
)";

}  // namespace

std::string kube_router_ipsets(const Shapes& shapes) {
  std::string text;
  for_sets(shapes, [&](const std::string& name, const std::vector<std::string>& addresses) {
    text += "create " + name + " hash:ip family inet hashsize 1024 maxelem 65536 timeout 0\n";
    for (const auto& address : addresses)
      text.append("add ").append(name).append(" ").append(address) += " timeout 0\n";
  });
  return text;
}

std::string kube_router_iptables(const Shapes& shapes) {
  std::string chains = "*filter\n", rules = iptables_common + iptables_dispatch(shapes);
  for (const char* name : {"KUBE-ROUTER-FORWARD", "KUBE-NWPLCY-COMMON", "KUBE-NWPLCY-DEFAULT", "KUBE-NWPLCY-TAIL"})
    chains.append(":").append(name) += " - [0:0]\n";
  for (std::size_t p = 0; p < shapes.policies.size(); ++p) {
    chains += ":" + policy_chain(p) + " - [0:0]\n";
    rules += iptables_policy(shapes.policies[p], p);
  }
  for (std::size_t pod = 0; pod < shapes.pods.size(); ++pod) {
    chains += ":" + pod_chain(pod) + " - [0:0]\n";
    rules += iptables_pod(shapes, pod);
  }
  return chains + rules + "COMMIT\n";
}

std::string kube_router_nftables(const Shapes& shapes) {
  std::string text = "table ip kube-router-filter-ipv4 {\n";
  for_sets(shapes, [&](const std::string& name, const std::vector<std::string>& addresses) {
    text += nftables_set(name, addresses);
  });
  text += nftables_common;
  for (std::size_t p = 0; p < shapes.policies.size(); ++p) text += nftables_policy(shapes.policies[p], p);
  for (std::size_t pod = 0; pod < shapes.pods.size(); ++pod) text += nftables_pod(shapes, pod);
  return text + nftables_dispatch(shapes) + "}\n";
}

}  // namespace selvedge::bench
