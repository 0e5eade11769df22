// Unknown ids are one finding for each object: an annotation can hold a quarter of
// a megabyte of them.
#include "controller/lint/suppression.h"

#include "controller/lint/rules.h"

namespace selvedge::lint {
namespace {

constexpr std::string_view separators = ", \t\r\n";

}  // namespace

Suppression::Suppression(const Scene& scene) {
  for (const k8s::Namespace* ns : scene.namespaces()) {
    if (!ns->ignored.empty()) of_namespace_[ns->meta.name] = read(ns->ignored, k8s::Kind::ns, ns->meta.key());
  }
  for (const Subject& subject : scene.policies()) {
    const k8s::NetworkPolicy& policy = *subject.written;
    if (!policy.ignored.empty())
      of_policy_[policy.meta.key()] = read(policy.ignored, k8s::Kind::network_policy, policy.meta.key());
  }
}

Suppression::Ids Suppression::read(const std::string& written, k8s::Kind kind, const k8s::ObjectKey& object) {
  Ids ids;
  std::string_view first_unknown;
  std::size_t unknown = 0;
  for (std::string_view rest = written; !rest.empty();) {
    const std::size_t end = rest.find_first_of(separators);
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (word.empty()) continue;
    if (const Rule* rule = find_rule(word)) {
      ids.insert(rule->id);
    } else if (unknown++ == 0) {
      first_unknown = word.substr(0, 64);
    }
  }
  if (unknown > 0)
    mistakes_.push_back({"unknown-rule-ignored", object, "metadata.annotations[selvedge.io/ignore]",
                         quoted(std::string(first_unknown)) +
                             (unknown > 1 ? " (and " + std::to_string(unknown - 1) + " more)" : "") +
                             " is no rule of lint; nothing is suppressed by it",
                         "", kind});
  return ids;
}

bool Suppression::covers(const Finding& finding) const {
  const std::string& ns = finding.kind == k8s::Kind::ns ? finding.object.name : finding.object.ns;
  const auto all = of_namespace_.find(ns);
  if (all != of_namespace_.end() && all->second.contains(finding.rule)) return true;
  if (finding.kind != k8s::Kind::network_policy) return false;
  const auto own = of_policy_.find(finding.object);
  return own != of_policy_.end() && own->second.contains(finding.rule);
}

}  // namespace selvedge::lint
