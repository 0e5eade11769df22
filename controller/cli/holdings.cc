#include "controller/cli/holdings.h"

#include <array>
#include <optional>

#include "controller/chains.h"
#include "nft/text.h"

namespace selvedge::cli {
namespace {

constexpr std::array directions{Direction::ingress, Direction::egress};

nft::CounterValue value_of(const nft::Dump& dump, const std::string& counter) {
  const auto found = dump.counters.find(counter);
  return found == dump.counters.end() ? nft::CounterValue{} : found->second;
}

std::optional<Direction> direction_of(const RoleName& name) {
  for (const Direction direction : directions)
    if (name.direction == to_string(direction)) return direction;
  return std::nullopt;
}

// What its rules count in: a pod's chain those that end it, a policy's those that allow.
std::string counter_of(const nft::Chain& chain) {
  for (const nft::Rule& rule : chain.rules)
    if (!rule.counter.empty()) return rule.counter;
  return "";
}

void add_policy(const nft::Dump& dump, const std::string& chain, const RoleName& name, Holdings& holdings) {
  const auto direction = direction_of(name);
  if (!direction) return;
  const nft::Chain& body = dump.table.chains.at(chain);
  HeldPolicy& policy = holdings.policies[name.object];
  policy.name = name.object;
  policy.rules[*direction] = {
      .chain = chain, .rules = body.rules.size(), .allowed = value_of(dump, counter_of(body)), .pods = {}};
}

void add_pod(const nft::Dump& dump, const std::string& chain, const RoleName& name, Holdings& holdings) {
  const auto direction = direction_of(name);
  if (!direction) return;
  const nft::Chain& body = dump.table.chains.at(chain);
  HeldPod& pod = holdings.pods[name.object + ' ' + name.hash];
  pod.name = name.object;
  HeldIsolation& isolated = pod.isolated[*direction];
  const std::string counter = counter_of(body);
  isolated = {
      .chain = chain, .policies = {}, .audited = role_name(counter).role == "audit", .denied = value_of(dump, counter)};
  for (const nft::Rule& rule : body.rules) {
    const auto* jump = std::get_if<nft::Jump>(&rule.verdict);
    const RoleName policy = jump ? role_name(jump->chain) : RoleName{};
    if (policy.role != "policy") continue;
    isolated.policies.push_back(policy.object);
    const auto known = holdings.policies.find(policy.object);
    if (known != holdings.policies.end() && known->second.rules.contains(*direction))
      known->second.rules.at(*direction).pods.insert(name.object);
  }
}

void add_addresses(const nft::Map& map, Holdings& holdings) {
  for (const auto& [key, verdict] : map.elements) {
    const auto* target = std::get_if<nft::Goto>(&verdict);
    if (target == nullptr) continue;  // open
    const RoleName name = role_name(target->chain);
    const auto pod = holdings.pods.find(name.object + ' ' + name.hash);
    if (pod != holdings.pods.end()) pod->second.addresses.insert(nft::to_text(map.type, nft::Element{key, key}));
  }
}

}  // namespace

RoleName role_name(const std::string& name) {
  constexpr std::size_t hash = 16;
  const auto first = name.find('-');
  const auto second = first == std::string::npos ? first : name.find('-', first + 1);
  if (second == std::string::npos || name.size() < second + hash + 3 || name[second + hash + 1] != '-') return {};
  return {.role = name.substr(0, first),
          .direction = name.substr(first + 1, second - first - 1),
          .hash = name.substr(second + 1, hash),
          .object = name.substr(second + hash + 2)};
}

Holdings holdings_of(const nft::Dump& dump) {
  Holdings holdings;
  for (const char* role : {"policy", "pod"}) {  // pods refer to policies
    for (const auto& [chain, body] : dump.table.chains) {
      const RoleName name = role_name(chain);
      if (name.role != role) continue;
      if (name.role == "policy") add_policy(dump, chain, name, holdings);
      if (name.role == "pod") add_pod(dump, chain, name, holdings);
    }
  }
  for (const Direction direction : directions) {
    for (const nft::Family family : {nft::Family::v4, nft::Family::v6}) {
      const auto map = dump.table.maps.find(dispatch_map_name(direction, family));
      if (map != dump.table.maps.end()) add_addresses(map->second, holdings);
    }
  }
  for (const auto& [counter, value] : dump.counters)
    if (counter.starts_with("deny-") && role_name(counter).role.empty())
      holdings.elsewhere[counter.substr(std::string_view("deny-").size())] = value;
  return holdings;
}

}  // namespace selvedge::cli
