#include "controller/lint/review.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "controller/lint/checks.h"
#include "controller/lint/suppression.h"

namespace selvedge::lint {
namespace {

using Check = std::vector<Finding> (*)(const Scene&);
constexpr Check checks[] = {
    unmatched_peers,
    undeclared_ports,
    blocks_over_the_cluster,
    blocks_of_one_family,
    egress_without_dns,
    compiler_faults,
    misfit_blocks,
    policies_without_pods,
    lost_policies,
    undeclared_numbers,
    ignored_directions,
    two_elements,
    blocks_over_services,
    dns_by_one_protocol,
    open_rules,
    redundant_peers,
    redundant_rules,
    duplicate_policies,
    open_pods,
};

std::vector<Finding> decoder_faults(const std::vector<k8s::Problem>& problems) {
  std::vector<Finding> findings;
  findings.reserve(problems.size());
  for (const k8s::Problem& problem : problems)
    findings.push_back({problem.closed ? "not-understood" : "field-ignored", problem.object, problem.field,
                        problem.message, problem.field + problem.message, problem.kind});
  return findings;
}

std::vector<Finding> all_findings(const Scene& scene, const Matter& matter, const Suppression& suppression) {
  std::vector<Finding> all = decoder_faults(matter.problems);
  std::ranges::move(suppression.mistakes(), std::back_inserter(all));
  for (const Check check : checks) std::ranges::move(check(scene), std::back_inserter(all));
  return all;
}

// Equal ones once, at the first one's field.
class Collection {
 public:
  void add(Finding finding) {
    const Rule* rule = find_rule(finding.rule);
    const auto [known, fresh] =
        known_.try_emplace({rule, finding.kind, finding.object, std::move(finding.repeats)}, told_.size());
    if (!fresh) {
      ++told_[known->second].count;
      return;
    }
    told_.push_back({.rule = rule,
                     .kind = finding.kind,
                     .object = std::move(finding.object),
                     .field = std::move(finding.field),
                     .message = std::move(finding.message)});
  }
  std::vector<Told> sorted() && {
    std::ranges::stable_sort(told_, [](const Told& a, const Told& b) {
      return std::tie(a.object, a.kind, b.rule->severity) < std::tie(b.object, b.kind, a.rule->severity);
    });
    return std::move(told_);
  }

 private:
  std::map<std::tuple<const Rule*, k8s::Kind, k8s::ObjectKey, std::string>, std::size_t> known_;
  std::vector<Told> told_;
};

}  // namespace

Review review(const Matter& matter) {
  const Scene scene(matter.objects, matter.unknown);
  const Suppression suppression(scene);
  Collection told, suppressed;
  for (Finding& finding : all_findings(scene, matter, suppression)) {
    (suppression.covers(finding) ? suppressed : told).add(std::move(finding));
  }
  return {.findings = std::move(told).sorted(),
          .suppressed = std::move(suppressed).sorted(),
          .policies = scene.policies().size(),
          .pods = scene.pods().size()};
}

}  // namespace selvedge::lint
