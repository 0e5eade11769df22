#include "test/soak/policies.h"

#include <utility>

namespace selvedge::soak {
namespace {

using k8s::LabelSelector;
using k8s::NetworkPolicy;
using k8s::Peer;
using k8s::PolicyPort;
using k8s::PolicyRule;
using k8s::Protocol;
using test::Dice;
using Operator = k8s::Requirement::Operator;

NetworkPolicy policy(const std::string& name, k8s::Labels selects) {
  NetworkPolicy made;
  made.meta = {.ns = home, .name = name, .uid = "uid-" + name, .labels = {}, .created = "2024-01-01T00:00:00Z"};
  made.pod_selector.match_labels = std::move(selects);
  return made;
}

Peer pods(LabelSelector selector, std::optional<LabelSelector> namespaces = std::nullopt) {
  Peer peer;
  peer.pod_selector = std::move(selector);
  peer.namespace_selector = std::move(namespaces);
  return peer;
}

LabelSelector labelled(const std::string& key, const std::string& value) {
  return {.match_labels = {{key, value}}, .match_expressions = {}, .understood = true};
}
LabelSelector one_of(const std::string& key, std::vector<std::string> values) {
  return {.match_labels = {}, .match_expressions = {{key, Operator::in, std::move(values)}}, .understood = true};
}
LabelSelector having(const std::string& key) {
  return {.match_labels = {}, .match_expressions = {{key, Operator::exists, {}}}, .understood = true};
}

PolicyPort port(Protocol protocol, std::int64_t number, std::optional<std::int64_t> last = std::nullopt) {
  return {.protocol = protocol, .port = number, .end_port = last, .understood = true};
}
PolicyPort named(Protocol protocol, const std::string& name) {
  return {.protocol = protocol, .port = name, .end_port = std::nullopt, .understood = true};
}

Peer allowed_peer(const std::string& label, Dice& dice) {
  const auto here = labelled("kubernetes.io/metadata.name", home);
  switch (dice.below(5)) {
    case 0:
      return pods(labelled(label, "yes"));
    case 1:
      return pods(one_of(label, {"perhaps", "yes"}));
    case 2:
      return pods(having(label));
    case 3:
      return pods(labelled("app", "client"), here);
    default:
      return pods(labelled(label, "yes"), here);
  }
}

PolicyPort udp_8080(Dice& dice) {
  switch (dice.below(3)) {
    case 0:
      return port(Protocol::udp, 8080);
    case 1:
      return port(Protocol::udp, 8000 + dice.below(80), 8081 + dice.below(1000));
    default:
      return named(Protocol::udp, "query");
  }
}
PolicyPort tcp_8080(Dice& dice) {
  return dice.chance(60) ? named(Protocol::tcp, "web") : port(Protocol::tcp, 8080, 8080 + dice.below(20));
}

LabelSelector noise(Dice& dice) {
  const std::string value = std::to_string(dice.below(4));
  return dice.chance(70) ? labelled("noise", value) : one_of("noise", {value, "4", "5"});
}

Peer noise_peer(Dice& dice) {
  if (dice.chance(50)) return pods(noise(dice));
  return pods(noise(dice), labelled("team", dice.chance(50) ? "x" : "y"));
}

k8s::IpBlock random_block(Dice& dice) {
  const std::string net = "198.18." + std::to_string(dice.below(8)) + ".";
  return {.cidr = net + "0/24", .except = {net + std::to_string(16 * dice.below(16)) + "/28"}};
}

Peer block(k8s::IpBlock block) {
  Peer peer;
  peer.ip_block = std::move(block);
  return peer;
}

PolicyRule crowd_rule(Dice& dice) {
  PolicyRule rule;
  for (int peers = 1 + dice.below(3); peers > 0; --peers)
    rule.peers.push_back(dice.chance(30) ? block(random_block(dice)) : noise_peer(dice));
  if (dice.chance(50)) rule.ports.push_back(port(Protocol::tcp, 1 + dice.below(9000)));
  if (dice.chance(30)) rule.ports.push_back(named(Protocol::tcp, "web"));
  return rule;
}

}  // namespace

NetworkPolicy allowing_policy(const std::string& name, const std::string& label, Dice& dice) {
  NetworkPolicy made = policy(name, {{"app", "victim"}});
  made.ingress_isolates = true;
  PolicyRule rule;
  rule.peers.push_back(allowed_peer(label, dice));
  if (dice.chance(40)) rule.peers.push_back(noise_peer(dice));
  rule.ports = {udp_8080(dice), tcp_8080(dice)};
  if (dice.chance(30)) rule.ports.push_back(port(Protocol::sctp, dice.below(9000)));
  made.ingress.push_back(std::move(rule));
  if (dice.chance(30)) made.ingress.push_back(crowd_rule(dice));
  return made;
}

NetworkPolicy noise_policy(const std::string& name, Dice& dice) {
  NetworkPolicy made = policy(name, {{"app", dice.chance(70) ? "victim" : "reused"}});
  made.ingress_isolates = true;
  for (int rules = dice.below(3); rules >= 0; --rules) made.ingress.push_back(crowd_rule(dice));
  return made;
}

NetworkPolicy crowd_policy(const std::string& name, Dice& dice) {
  NetworkPolicy made = policy(name, {{"app", "crowd"}});
  if (dice.chance(50)) made.pod_selector = one_of("noise", {"0", std::to_string(1 + dice.below(3))});
  const int directions = dice.below(3);
  made.ingress_isolates = directions != 0;
  made.egress_isolates = directions != 1;
  for (int rules = dice.below(4); rules > 0; --rules) {
    if (made.ingress_isolates) made.ingress.push_back(crowd_rule(dice));
    if (made.egress_isolates) made.egress.push_back(crowd_rule(dice));
  }
  return made;
}

NetworkPolicy block_policy(const std::string& name, Dice& dice) {
  NetworkPolicy made = policy(name, {{"app", "victim"}});
  made.ingress_isolates = true;
  const std::string excepted = dice.chance(50) ? "203.0.113.200/32" : "203.0.113.192/26";
  k8s::IpBlock whole{.cidr = "203.0.113.0/24", .except = {excepted}};
  for (int more = dice.below(4); more > 0; --more)
    whole.except.push_back("203.0.113." + std::to_string(16 + 8 * dice.below(20)) + "/29");
  PolicyRule rule;
  if (dice.chance(30)) {
    rule.peers = {block({.cidr = "203.0.113.0/25", .except = {}}),
                  block({.cidr = "203.0.113.128/25", .except = {excepted}})};
  } else {
    rule.peers = {block(std::move(whole))};
  }
  if (dice.chance(50)) rule.peers.push_back(block(random_block(dice)));
  rule.ports = {port(Protocol::tcp, 443)};
  made.ingress.push_back(std::move(rule));
  return made;
}

NetworkPolicy ingress_policy(const std::string& name, k8s::Labels selects, k8s::Labels from) {
  NetworkPolicy made = policy(name, std::move(selects));
  made.ingress_isolates = true;
  PolicyRule rule;
  rule.peers = {pods({.match_labels = std::move(from), .match_expressions = {}, .understood = true})};
  made.ingress = {std::move(rule)};
  return made;
}

NetworkPolicy egress_policy(const std::string& name, k8s::Labels selects, k8s::Labels to) {
  NetworkPolicy made = policy(name, std::move(selects));
  made.egress_isolates = true;
  PolicyRule rule;
  rule.peers = {pods({.match_labels = std::move(to), .match_expressions = {}, .understood = true})};
  made.egress = {std::move(rule)};
  return made;
}

NetworkPolicy bystander_policy(const std::string& name, const std::string& app, Dice& dice) {
  NetworkPolicy made = policy(name, {{"app", app}});
  made.ingress_isolates = true;
  PolicyRule rule;
  for (int peers = 1 + dice.below(2); peers > 0; --peers) rule.peers.push_back(noise_peer(dice));
  made.ingress = {std::move(rule)};
  return made;
}

NetworkPolicy hinge_policy(const std::string& name, bool outward) {
  NetworkPolicy made = policy(name, {{"hinge", "yes"}});
  made.ingress_isolates = made.egress_isolates = true;
  (outward ? made.egress : made.ingress) = {PolicyRule{}};
  return made;
}

}  // namespace selvedge::soak
