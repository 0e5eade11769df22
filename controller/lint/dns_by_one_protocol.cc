// Port 53 by one of its two protocols: TCP alone is what a forgotten `protocol`
// gives, and resolvers ask by UDP; UDP alone fails for long answers (semantics 37).
#include <algorithm>

#include "controller/lint/checks.h"

namespace selvedge::lint {
namespace {

constexpr std::uint16_t domain = 53;
using k8s::Protocol;

// A rule names what a port's name may stand for; the doubt is the author's.
bool opens(const PortMatch& ports, Protocol protocol) {
  if (ports.any) return true;
  if (std::ranges::any_of(ports.named, [&](const NamedPort& port) { return port.protocol == protocol; })) return true;
  const auto found = ports.numbered.find(protocol);
  if (found == ports.numbered.end()) return false;
  return found->second.empty() || std::ranges::any_of(found->second, [](const auto& range) {
           return range.first <= domain && domain <= range.last;
         });
}

bool is_domain(const k8s::PolicyPort& port, Protocol protocol) {
  const auto* number = std::get_if<std::int64_t>(&port.port);
  return number != nullptr && *number == domain && !port.end_port && port.protocol == protocol && port.understood;
}

std::string field_of(const RuleAt& at, Protocol protocol) {
  const auto& ports = at.written->ports;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (is_domain(ports[i], protocol)) return port_field(at, i);
  }
  return {};
}

bool opens_somewhere(const RuleAt& at, Protocol protocol) {
  return std::ranges::any_of(at.subject->policy.in(at.direction).rules,
                             [&](const AllowRule& rule) { return opens(rule.ports, protocol); });
}

void judge(const RuleAt& at, Protocol has, Protocol lacks, std::vector<Finding>& findings) {
  const std::string field = field_of(at, has);
  if (field.empty() || opens_somewhere(at, lacks)) return;
  const bool tcp = has == Protocol::tcp;
  findings.push_back({tcp ? "dns-without-udp" : "dns-without-tcp", at.subject->policy.key, field,
                      std::string("allows port 53 by ") + (tcp ? "TCP" : "UDP") + ", and no rule of the policy by " +
                          (tcp ? "UDP, by which names are asked for first" : "TCP, by which long answers come"),
                      std::string(to_string(at.direction))});
}

}  // namespace

std::vector<Finding> dns_by_one_protocol(const Scene& scene) {
  std::vector<Finding> findings;
  for (const RuleAt& at : scene.all_rules()) {
    judge(at, Protocol::tcp, Protocol::udp, findings);
    judge(at, Protocol::udp, Protocol::tcp, findings);
  }
  return findings;
}

}  // namespace selvedge::lint
