#include "controller/selector_index.h"

#include <set>

namespace selvedge {
namespace {

using Operator = k8s::Requirement::Operator;

Anchor mixed(Anchor anchor, std::string_view text) {
  // The golden ratio spreads what std::hash leaves alike (Knuth, vol. 3, 6.4).
  return (anchor ^ std::hash<std::string_view>{}(text)) * 0x9e3779b97f4a7c15ULL + 1;
}

}  // namespace

Anchor anchor_of(std::string_view scope) {
  return mixed(0, scope);
}
Anchor anchor_of(std::string_view scope, std::string_view key) {
  return mixed(anchor_of(scope), key);
}
Anchor anchor_of(std::string_view scope, std::string_view key, std::string_view value) {
  return mixed(anchor_of(scope, key), value);
}

// Of the requirement that the fewest labels fulfil, as far as can be told without seeing them.
std::vector<Anchor> anchors_of(std::string_view scope, const Selector& selector) {
  const k8s::Requirement* listed = nullptr;
  const k8s::Requirement* present = nullptr;
  for (const k8s::Requirement& r : selector.requirements) {
    if (r.op == Operator::in && (!listed || r.values.size() < listed->values.size())) listed = &r;
    if (r.op == Operator::exists) present = &r;
  }
  if (!listed) return {present ? anchor_of(scope, present->key) : anchor_of(scope)};
  std::set<Anchor> anchors;
  for (const std::string& value : listed->values) anchors.insert(anchor_of(scope, listed->key, value));
  return {anchors.begin(), anchors.end()};
}

}  // namespace selvedge
