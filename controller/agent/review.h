// What the subcommands that review a whole cluster ask about: plain objects, of which every pod has an address; and the
// table of a node on which all pods are.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/agent/command_line.h"
#include "controller/meaning/evaluate.h"
#include "k8sclient/types.h"
#include "nft/ruleset.h"

namespace selvedge::agent {

struct Reviewed {
  std::vector<k8s::Object> objects;  // with sample pods for workloads where there are no pods
  std::vector<std::string> notes;    // diagnostics, one line each
  bool closed = false;               // something that decides was not understood
};

tl::expected<Reviewed, std::string> read_for_review(const Source& source);

meaning::Viewpoint from_everywhere(const Shape& shape);

nft::Table table_of_all(const Shape& shape, const std::vector<k8s::Object>& objects);

}  // namespace selvedge::agent
