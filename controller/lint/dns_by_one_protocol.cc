// Port 53 by one of its two protocols: TCP alone is what a forgotten `protocol`
// gives, and resolvers ask by UDP; UDP alone fails for long answers (semantics 37).
#include <algorithm>
#include <map>
#include <utility>

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

// Of one policy and direction: where port 53 is named, and whether it is open.
struct Domain {
  std::string field;
  bool open = false;
};

struct BothDomains {
  Domain tcp;
  Domain udp;
};

void look(const RuleAt& at, Protocol protocol, Domain& found) {
  if (found.field.empty()) found.field = field_of(at, protocol);
  found.open = found.open || opens(at.rule->ports, protocol);
}

}  // namespace

std::vector<Finding> dns_by_one_protocol(const Scene& scene) {
  std::map<std::pair<k8s::ObjectKey, Direction>, BothDomains> all;
  for (const RuleAt& at : scene.all_rules()) {
    BothDomains& domains = all[{at.subject->policy.key, at.direction}];
    look(at, Protocol::tcp, domains.tcp);
    look(at, Protocol::udp, domains.udp);
  }
  std::vector<Finding> findings;
  for (const auto& [where, domains] : all) {
    const std::string direction(to_string(where.second));
    if (!domains.tcp.field.empty() && !domains.udp.open)
      findings.push_back({"dns-without-udp", where.first, domains.tcp.field,
                          "allows port 53 by TCP, and no rule of the policy by UDP, by which names are asked for first",
                          direction});
    if (!domains.udp.field.empty() && !domains.tcp.open)
      findings.push_back({"dns-without-tcp", where.first, domains.udp.field,
                          "allows port 53 by UDP, and no rule of the policy by TCP, by which long answers come",
                          direction});
  }
  return findings;
}

}  // namespace selvedge::lint
