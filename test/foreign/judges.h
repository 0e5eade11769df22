// Selvedge's own verdicts on a cluster's objects.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "controller/meaning/evaluate.h"
#include "nft/ruleset.h"
#include "test/foreign/scenario.h"

namespace selvedge::test {

// One node's view, or the whole cluster's when every pod is local.
class Judge {
 public:
  Judge(const std::optional<std::string>& node, const std::vector<k8s::Object>& objects);

  bool reading_allows(const Question& question) const;  // the plain reading, evaluate()
  bool grants_allow(const Question& question) const;    // the same by its lists of grants; knows no "itself" (R6)
  bool table_allows(const Question& question) const;    // the rendered table, simulated
  bool holds(const nft::Address& address) const;        // of a pod that is local here

 private:
  nft::Packet packet_of(const Question& question) const;
  bool granted(Direction direction, const nft::Address& pod, const nft::Address& other, const Question& question) const;

  meaning::Meaning meaning_;
  std::vector<nft::Address> local_;
  nft::Table table_;
};

tl::expected<std::vector<k8s::Object>, std::string> objects_of(const nlohmann::json& list);

}  // namespace selvedge::test
