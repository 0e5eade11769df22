// NetworkPolicy (networking.k8s.io/v1). An unknown field inside a rule, peer or
// port might be a restriction of a later API version, so the part that holds it
// matches nothing; the same at the level of the spec isolates the whole namespace.
#include <array>
#include <utility>

#include "k8sclient/decode_objects.h"

namespace selvedge::k8s {

namespace {

struct Operator {
  std::string_view name;
  Requirement::Operator op;
  bool wants_values;
};
constexpr std::array<Operator, 4> operators{{
    {"In", Requirement::Operator::in, true},
    {"NotIn", Requirement::Operator::not_in, true},
    {"Exists", Requirement::Operator::exists, false},
    {"DoesNotExist", Requirement::Operator::does_not_exist, false},
}};

Requirement decode_requirement(const Cursor& at) {
  Requirement requirement;
  if (!at.expect_fields({"key", "operator", "values"})) return requirement;
  const auto key = at.child("key");
  if (key) requirement.key = key->text();
  if (requirement.key.empty()) at.malformed("has no key");
  if (const auto values = at.child("values")) requirement.values = values->texts();
  const auto name = at.child("operator");
  const std::string text = name ? name->text() : "";
  for (const Operator& known : operators) {
    if (text != known.name) continue;
    requirement.op = known.op;
    if (known.wants_values == requirement.values.empty()) {
      at.malformed("operator " + text + (known.wants_values ? " needs values" : " takes no values"));
    }
    return requirement;
  }
  if (!name) at.malformed("has no operator");
  if (name && name->is_text()) name->malformed(shown(text) + " is not an operator");
  return requirement;
}

IpBlock decode_ip_block(const Cursor& at) {
  IpBlock block;
  if (!at.expect_fields({"cidr", "except"})) return block;
  if (const auto cidr = at.child("cidr")) {
    block.cidr = cidr->text();
  } else {
    at.malformed("has no cidr");
  }
  if (const auto except = at.child("except")) block.except = except->texts();
  return block;
}

Peer decode_peer(const Cursor& outer) {
  Scope scope{.consequence = "the peer matches nothing"};
  const Cursor at = outer.within(scope);
  at.expect_fields({"podSelector", "namespaceSelector", "ipBlock"});
  Peer peer;
  if (const auto pods = at.child("podSelector")) peer.pod_selector = decode_selector(*pods);
  if (const auto namespaces = at.child("namespaceSelector")) peer.namespace_selector = decode_selector(*namespaces);
  if (const auto block = at.child("ipBlock")) peer.ip_block = decode_ip_block(*block);
  peer.understood = scope.understood && (!peer.pod_selector || peer.pod_selector->understood) &&
                    (!peer.namespace_selector || peer.namespace_selector->understood);
  return peer;
}

PolicyPort decode_port(const Cursor& outer) {
  Scope scope{.consequence = "the port matches nothing"};
  const Cursor at = outer.within(scope);
  at.expect_fields({"protocol", "port", "endPort"});
  PolicyPort port;
  port.protocol = decode_protocol(at).value_or(Protocol::tcp);
  if (const auto value = at.child("port")) {
    if (value->is_text()) {
      port.port = value->text();
    } else if (const auto number = value->integer()) {
      port.port = *number;
    }
  }
  if (const auto end = at.child("endPort")) port.end_port = end->integer();
  port.understood = scope.understood;
  return port;
}

// `peers_field` is "from" or "to".
PolicyRule decode_rule(const Cursor& outer, std::string_view peers_field) {
  Scope scope{.consequence = "the rule allows nothing"};
  const Cursor at = outer.within(scope);
  at.expect_fields({"ports", peers_field});
  PolicyRule rule;
  if (const auto peers = at.child(peers_field)) {
    for (const Cursor& peer : peers->elements()) rule.peers.push_back(decode_peer(peer));
  }
  if (const auto ports = at.child("ports")) {
    for (const Cursor& port : ports->elements()) rule.ports.push_back(decode_port(port));
  }
  rule.understood = scope.understood;
  return rule;
}

std::vector<PolicyRule> decode_rules(const Cursor& spec, std::string_view direction, std::string_view peers_field) {
  std::vector<PolicyRule> rules;
  const auto at = spec.child(direction);
  if (!at) return rules;
  for (const Cursor& rule : at->elements()) rules.push_back(decode_rule(rule, peers_field));
  return rules;
}

struct Isolation {
  bool ingress = false;
  bool egress = false;
};

// Absent or empty policyTypes: always Ingress, Egress when there are egress rules (semantics 1).
Isolation decode_policy_types(const Cursor& spec) {
  const auto types = spec.child("policyTypes");
  const std::vector<Cursor> elements = types ? types->elements() : std::vector<Cursor>{};
  if (elements.empty()) {
    const auto egress = spec.child("egress");
    return {.ingress = true, .egress = egress && egress->size() > 0};
  }
  Isolation isolation;
  for (const Cursor& type : elements) {
    const std::string text = type.text();
    if (text == "Ingress") isolation.ingress = true;
    if (text == "Egress") isolation.egress = true;
    if (type.is_text() && text != "Ingress" && text != "Egress") type.malformed(shown(text) + " is not a policy type");
  }
  return isolation;
}

}  // namespace

LabelSelector decode_selector(const Cursor& outer) {
  Scope scope = outer.fresh_scope();
  const Cursor at = outer.within(scope);
  at.expect_fields({"matchLabels", "matchExpressions"});
  LabelSelector selector;
  if (const auto labels = at.child("matchLabels")) selector.match_labels = labels->labels();
  if (const auto expressions = at.child("matchExpressions")) {
    for (const Cursor& one : expressions->elements()) selector.match_expressions.push_back(decode_requirement(one));
  }
  selector.understood = scope.understood;
  return selector;
}

std::optional<Protocol> protocol_of(std::string_view text) {
  if (text == "TCP") return Protocol::tcp;
  if (text == "UDP") return Protocol::udp;
  if (text == "SCTP") return Protocol::sctp;
  return std::nullopt;
}

std::optional<Protocol> decode_protocol(const Cursor& port) {
  const auto at = port.child("protocol");
  if (!at) return Protocol::tcp;
  const std::string text = at->text();
  const auto known = protocol_of(text);
  if (!known && at->is_text()) at->malformed(shown(text) + " is not a protocol (TCP, UDP, SCTP)");
  return known;
}

NetworkPolicy closed_policy(Meta meta) {
  NetworkPolicy policy;
  policy.meta = std::move(meta);
  policy.ingress_isolates = true;
  policy.egress_isolates = true;
  policy.understood = false;
  return policy;
}

NetworkPolicy decode_policy(const Cursor& object, Meta meta, const Scope& scope) {
  object.expect_fields({"apiVersion", "kind", "metadata", "spec", "status"});
  NetworkPolicy policy;
  policy.ingress_isolates = true;
  if (const auto spec = object.child("spec")) {
    spec->expect_fields({"podSelector", "policyTypes", "ingress", "egress"});
    if (const auto selector = spec->child("podSelector")) policy.pod_selector = decode_selector(*selector);
    const Isolation isolation = decode_policy_types(*spec);
    policy.ingress_isolates = isolation.ingress;
    policy.egress_isolates = isolation.egress;
    policy.ingress = decode_rules(*spec, "ingress", "from");
    policy.egress = decode_rules(*spec, "egress", "to");
  }
  if (!scope.understood || !policy.pod_selector.understood) return closed_policy(std::move(meta));
  policy.meta = std::move(meta);
  return policy;
}

}  // namespace selvedge::k8s
