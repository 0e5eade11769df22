#include "controller/lint/lint.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <tuple>

#include "controller/lint/checks.h"
#include "controller/lint/scene.h"

namespace selvedge::lint {
namespace {

using Check = std::vector<Finding> (*)(const Scene&);
constexpr std::array<Check, 5> checks = {unmatched_peers, undeclared_ports, blocks_over_the_cluster,
                                         blocks_of_one_family, egress_without_dns};

k8s::Problem problem_of(Finding finding) {
  return {.kind = k8s::Kind::network_policy,
          .object = std::move(finding.object),
          .field = std::move(finding.field),
          .message = std::move(finding.message),
          .closed = false};
}

std::vector<k8s::Problem> told_once(std::vector<Finding> found) {
  std::vector<k8s::Problem> problems;
  std::set<std::tuple<k8s::ObjectKey, std::string>> told;
  for (Finding& finding : found) {
    if (told.emplace(finding.object, finding.repeats).second) problems.push_back(problem_of(std::move(finding)));
  }
  return problems;
}

}  // namespace

std::vector<k8s::Problem> findings(const std::vector<const k8s::Object*>& objects) {
  const Scene scene(objects);
  std::vector<k8s::Problem> all;
  for (const Check check : checks) std::ranges::move(told_once(check(scene)), std::back_inserter(all));
  std::ranges::stable_sort(all, {}, &k8s::Problem::object);
  return all;
}

std::vector<k8s::ObjectKey> selecting_nobody(const std::vector<const k8s::Object*>& objects) {
  const Scene scene(objects);
  std::vector<k8s::ObjectKey> keys;
  for (const Subject& subject : scene.policies()) {
    if (scene.find(subject.selects()) == nullptr) keys.push_back(subject.policy.key);
  }
  return keys;
}

}  // namespace selvedge::lint
