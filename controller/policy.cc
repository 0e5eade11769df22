#include "controller/policy.h"

#include <algorithm>
#include <optional>

namespace selvedge {
namespace {

using nft::Interval;

// Collects the problems of one policy, each with its field path.
class Report {
 public:
  explicit Report(k8s::ObjectKey policy) : policy_(std::move(policy)) {}

  void closed(const std::string& field, const std::string& message) { add(field, message, true); }
  void warning(const std::string& field, const std::string& message) { add(field, message, false); }
  std::vector<k8s::Problem> problems;

 private:
  void add(const std::string& field, const std::string& message, bool fails_closed) {
    problems.push_back({.kind = k8s::Kind::network_policy,
                        .object = policy_,
                        .field = field,
                        .message = message,
                        .closed = fails_closed});
  }
  k8s::ObjectKey policy_;
};

std::string at(const std::string& field, std::size_t index) {
  return field + "[" + std::to_string(index) + "]";
}
std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

// ---- peers -------------------------------------------------------------------

std::optional<std::vector<Interval>> compile_block(const k8s::IpBlock& block, const std::string& field,
                                                   Report& report) {
  const auto cidr = nft::parse_prefix(block.cidr);
  if (!cidr) {
    report.closed(field + ".cidr", quoted(block.cidr) + " is not a CIDR; the peer matches nothing");
    return std::nullopt;
  }
  std::vector<Interval> excluded;
  for (std::size_t i = 0; i < block.except.size(); ++i) {
    const std::string where = at(field + ".except", i);
    const auto except = nft::parse_prefix(block.except[i]);
    if (!except) {
      report.closed(where, quoted(block.except[i]) + " is not a CIDR; the peer matches nothing");
      return std::nullopt;
    }
    const bool overlaps = nft::contains(*cidr, except->address) || nft::contains(*except, cidr->address);
    if (!overlaps) {
      report.warning(where, quoted(block.except[i]) + " is outside cidr " + quoted(block.cidr) + "; it has no effect");
    } else if (except->bits <= cidr->bits) {
      report.warning(
          where, quoted(block.except[i]) + " covers all of cidr " + quoted(block.cidr) + "; the peer matches nothing");
    }
    excluded.push_back(nft::interval_of(*except));
  }
  return nft::subtract({nft::interval_of(*cidr)}, nft::unite(std::move(excluded)));
}

std::optional<Selector> compile_selector(const std::optional<k8s::LabelSelector>& selector, const std::string& field,
                                         Report& report) {
  if (!selector) return Selector{};
  if (!selector->understood) return std::nullopt;  // decoding has reported it
  auto compiled = compile(*selector);
  if (compiled) return *std::move(compiled);
  report.closed(field, compiled.error() + "; the peer matches nothing");
  return std::nullopt;
}

std::optional<PodSet> compile_pods(const k8s::Peer& peer, const std::string& ns, const std::string& field,
                                   Report& report) {
  auto namespaces = compile_selector(peer.namespace_selector, field + ".namespaceSelector", report);
  auto pods = compile_selector(peer.pod_selector, field + ".podSelector", report);
  if (!namespaces || !pods) return std::nullopt;
  return PodSet{
      .ns = peer.namespace_selector ? "" : ns, .namespaces = *std::move(namespaces), .pods = *std::move(pods)};
}

void compile_peer(const k8s::Peer& peer, std::size_t index, const std::string& ns, const std::string& field,
                  AllowRule& rule, Report& report) {
  if (!peer.understood) return;
  const bool selects = peer.pod_selector || peer.namespace_selector;
  if (peer.ip_block && selects) {
    report.closed(field, "has ipBlock beside a selector; the peer matches nothing");
  } else if (peer.ip_block) {
    if (auto block = compile_block(*peer.ip_block, field + ".ipBlock", report)) {
      rule.blocks.insert(rule.blocks.end(), block->begin(), block->end());
      if (!block->empty()) rule.block_peers.push_back({index, block->front().first.family});
    }
  } else if (selects) {
    if (auto pods = compile_pods(peer, ns, field, report)) rule.pods.push_back({index, *std::move(pods)});
  } else {
    report.closed(field, "is empty; the peer matches nothing");
  }
}

// ---- ports -------------------------------------------------------------------

bool is_port(std::int64_t number) {
  return number >= 1 && number <= 65535;
}

// RFC 6335 section 5.1, in lower case, as Kubernetes has it (IsValidPortName).
bool is_port_name(const std::string& name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_allowed = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 15 && std::ranges::all_of(name, is_allowed) &&
         std::ranges::any_of(name, is_letter) && name.front() != '-' && name.back() != '-' &&
         name.find("--") == std::string::npos;
}

struct PortFault {
  std::string field;
  std::string message;
};

std::optional<PortFault> fault_of(const k8s::PolicyPort& port) {
  const auto* number = std::get_if<std::int64_t>(&port.port);
  if (number && !is_port(*number)) return PortFault{".port", std::to_string(*number) + " is not between 1 and 65535"};
  if (const auto* name = std::get_if<std::string>(&port.port); name && !is_port_name(*name)) {
    return PortFault{".port", quoted(*name) + " is not the name of a port"};
  }
  if (!port.end_port) return std::nullopt;
  const std::string end = std::to_string(*port.end_port);
  if (!number) return PortFault{".endPort", end + " needs a numeric port beside it"};
  if (*port.end_port < *number) return PortFault{".endPort", end + " is less than port " + std::to_string(*number)};
  if (!is_port(*port.end_port)) return PortFault{".endPort", end + " is not between 1 and 65535"};
  return std::nullopt;
}

PortRanges united(PortRanges ranges) {
  std::ranges::sort(ranges);
  PortRanges result;
  for (const auto& range : ranges) {
    if (!result.empty() && range.first <= static_cast<std::uint32_t>(result.back().last) + 1) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

PortMatch compile_ports(const std::vector<k8s::PolicyPort>& ports, const std::string& field, Report& report) {
  PortMatch result;
  result.any = ports.empty();
  std::set<k8s::Protocol> whole;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const k8s::PolicyPort& port = ports[i];
    if (!port.understood) continue;  // decoding has reported it
    if (auto fault = fault_of(port)) {
      report.closed(at(field, i) + fault->field, fault->message + "; the port matches nothing");
    } else if (const auto* name = std::get_if<std::string>(&port.port)) {
      result.named.insert({port.protocol, *name});
    } else if (const auto* number = std::get_if<std::int64_t>(&port.port)) {
      result.numbered[port.protocol].push_back(
          {static_cast<std::uint16_t>(*number), static_cast<std::uint16_t>(port.end_port.value_or(*number))});
    } else {
      whole.insert(port.protocol);
    }
  }
  for (auto& [protocol, ranges] : result.numbered) ranges = united(std::move(ranges));
  for (const k8s::Protocol protocol : whole) result.numbered[protocol].clear();
  return result;
}

// ---- rules -------------------------------------------------------------------

bool can_match(const AllowRule& rule) {
  const bool someone = rule.anyone || !rule.pods.empty() || !rule.blocks.empty();
  const bool something = rule.ports.any || !rule.ports.numbered.empty() || !rule.ports.named.empty();
  return someone && something;
}

Isolation compile_direction(Direction direction, bool isolates, const std::vector<k8s::PolicyRule>& rules,
                            const std::string& ns, Report& report) {
  Isolation result{.isolates = isolates, .rules = {}};
  if (!isolates) return result;  // rules of a direction that is not in policyTypes are ignored (semantics 2, 3)
  const std::string field = "spec." + std::string(to_string(direction));
  const std::string peers = direction == Direction::ingress ? ".from" : ".to";
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].understood) continue;  // decoding has reported it
    AllowRule rule;
    rule.index = i;
    rule.anyone = rules[i].peers.empty();
    for (std::size_t p = 0; p < rules[i].peers.size(); ++p) {
      compile_peer(rules[i].peers[p], p, ns, at(at(field, i) + peers, p), rule, report);
    }
    rule.blocks = nft::unite(std::move(rule.blocks));
    rule.ports = compile_ports(rules[i].ports, at(field, i) + ".ports", report);
    if (can_match(rule)) result.rules.push_back(std::move(rule));
  }
  return result;
}

// R9: every pod of the namespace, both directions, no rules.
Policy closed_policy(const k8s::ObjectKey& key) {
  const Isolation closed{.isolates = true, .rules = {}};
  return {.key = key, .pods = {}, .ingress = closed, .egress = closed};
}

}  // namespace

std::string to_string(const PodSet& set) {
  const std::string pods = "pods " + to_string(set.pods);
  return set.ns.empty() ? pods + " in namespaces " + to_string(set.namespaces) : pods + " in namespace " + set.ns;
}

std::uint8_t ip_protocol(k8s::Protocol protocol) {
  switch (protocol) {
    case k8s::Protocol::tcp:
      return 6;
    case k8s::Protocol::udp:
      return 17;
    case k8s::Protocol::sctp:
      return 132;
  }
  return 0;
}

bool is_applied_alike(const Policy& a, const Policy& b) {
  return a.pods == b.pods && a.ingress.isolates == b.ingress.isolates && a.egress.isolates == b.egress.isolates;
}

CompiledPolicy compile(const k8s::NetworkPolicy& policy) {
  const k8s::ObjectKey key = policy.meta.key();
  Report report(key);
  if (!policy.understood) return {closed_policy(key), {}};  // decoding has reported it
  auto pods = compile(policy.pod_selector);
  if (!pods) {
    report.closed("spec.podSelector",
                  pods.error() + "; the policy isolates every pod of namespace " + key.ns + " and allows nothing");
    return {closed_policy(key), std::move(report.problems)};
  }
  Policy result{.key = key, .pods = *std::move(pods), .ingress = {}, .egress = {}};
  result.ingress = compile_direction(Direction::ingress, policy.ingress_isolates, policy.ingress, key.ns, report);
  result.egress = compile_direction(Direction::egress, policy.egress_isolates, policy.egress, key.ns, report);
  return {std::move(result), std::move(report.problems)};
}

}  // namespace selvedge
