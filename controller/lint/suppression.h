// The annotation selvedge.io/ignore: ids of rules whose findings its author knows.
// On a policy it is for that policy, on a Namespace for all that is in it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controller/lint/checks.h"

namespace selvedge::lint {

class Suppression {
 public:
  explicit Suppression(const Scene& scene);

  bool covers(const Finding& finding) const;
  std::vector<Finding> mistakes() const { return mistakes_; }  // ids that there are not

 private:
  using Ids = std::set<std::string_view>;
  Ids read(const std::string& written, k8s::Kind kind, const k8s::ObjectKey& object);

  std::map<k8s::ObjectKey, Ids> of_policy_;
  std::map<std::string, Ids> of_namespace_;
  std::vector<Finding> mistakes_;
};

}  // namespace selvedge::lint
