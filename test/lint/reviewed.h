// What a review of manifests says, a line each: "warning peer-matches-nothing NetworkPolicy shop/api: …".
#pragma once

#include <string>
#include <vector>

#include "controller/lint/review.h"
#include "test/lint/cluster.h"

namespace selvedge::test {

inline lint::Review review_of(const std::string& text, lint::Unknown unknown = {}) {
  const auto objects = decoded(text);
  lint::Matter matter{.objects = pointers(objects), .problems = {}, .unknown = std::move(unknown)};
  for (const auto& one : objects)
    matter.problems.insert(matter.problems.end(), one.problems.begin(), one.problems.end());
  return lint::review(matter);
}

inline std::string lines_of(const std::vector<lint::Told>& findings, const std::string& rule = "") {
  std::string lines;
  for (const auto& told : findings) {
    if (!rule.empty() && told.rule->id != rule) continue;
    lines += std::string(lint::to_string(told.rule->severity)) + " " + std::string(told.rule->id) + " " +
             std::string(k8s::to_string(told.kind)) + " " + k8s::to_string(told.object) + ": " + told.field + " " +
             told.message + (told.count > 1 ? " x" + std::to_string(told.count) : "") + "\n";
  }
  return lines;
}

// Of one rule alone, in the cluster of cluster.h.
inline std::string by_rule(const std::string& rule, const std::string& policies, lint::Unknown unknown = {}) {
  EXPECT_NE(lint::find_rule(rule), nullptr) << rule;
  return lines_of(review_of(cluster + policies, std::move(unknown)).findings, rule);
}

// The fields of that rule's findings.
inline std::vector<std::string> fields(const std::string& rule, const std::string& policies,
                                       lint::Unknown unknown = {}) {
  std::vector<std::string> all;
  for (const auto& told : review_of(cluster + policies, std::move(unknown)).findings) {
    if (told.rule->id == rule) all.push_back(told.field);
  }
  return all;
}

inline std::string egress(const std::string& rules) {
  return policy("{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress], egress: [" + rules + "]}");
}
inline std::string ingress(const std::string& rules) {
  return policy("{podSelector: {matchLabels: {app: api}}, ingress: [" + rules + "]}");
}

}  // namespace selvedge::test
