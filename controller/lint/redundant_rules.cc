// Rules that another rule of the same policy and direction covers, and policies that
// say word for word what another of their namespace says.
#include <algorithm>

#include "controller/lint/checks.h"
#include "controller/lint/covering.h"

namespace selvedge::lint {
namespace {

std::size_t size_of(const std::vector<AllowRule>& rules) {
  std::size_t size = rules.size();
  for (const AllowRule& rule : rules) size += rule.pods.size();
  return size;
}

const AllowRule* covering(const std::vector<AllowRule>& rules, const AllowRule& rule) {
  const auto found = std::ranges::find_if(rules, [&](const AllowRule& other) {
    if (other.index == rule.index || !covers(other, rule)) return false;
    return other.index < rule.index || !covers(rule, other);  // of equal ones the first stays
  });
  return found != rules.end() ? &*found : nullptr;
}

bool say_the_same(const Policy& a, const Policy& b) {
  return is_applied_alike(a, b) && a.ingress == b.ingress && a.egress == b.egress;
}

}  // namespace

std::vector<Finding> redundant_rules(const Scene& scene) {
  std::vector<Finding> findings;
  for (const Subject& subject : scene.policies()) {
    for (const Direction direction : {Direction::ingress, Direction::egress}) {
      const auto& rules = subject.policy.in(direction).rules;
      if (size_of(rules) > most_compared) continue;
      for (const AllowRule& rule : rules) {
        const AllowRule* by = covering(rules, rule);
        if (by == nullptr) continue;
        const std::string field = rule_field({&subject, direction, nullptr, by, by->index});
        findings.push_back({"rule-redundant", subject.policy.key,
                            rule_field({&subject, direction, nullptr, &rule, rule.index}),
                            "allows nothing that " + field + " does not; it changes nothing", field});
      }
    }
  }
  return findings;
}

std::vector<Finding> duplicate_policies(const Scene& scene) {
  std::map<PodSet, std::vector<const Policy*>> kept;  // one of each that differ
  std::vector<Finding> findings;
  for (const Subject& subject : scene.policies()) {
    if (!subject.written->understood) continue;
    auto& others = kept[subject.selects()];
    const auto same =
        std::ranges::find_if(others, [&](const auto* other) { return say_the_same(*other, subject.policy); });
    if (same == others.end()) {
      others.push_back(&subject.policy);
      continue;
    }
    findings.push_back({"policy-duplicate", subject.policy.key, "spec",
                        "says the same as policy " + k8s::to_string((*same)->key) + "; it changes nothing", ""});
  }
  return findings;
}

}  // namespace selvedge::lint
