// What the subcommands that review a whole cluster ask about: plain objects, of which every pod has an address; and
// what the command line says of the node, for reading and for rendering.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/command_line.h"
#include "controller/cli/offline_input.h"
#include "controller/core.h"
#include "controller/meaning/evaluate.h"
#include "k8sclient/types.h"
#include "nft/ruleset.h"

namespace selvedge::cli {

struct Reviewed {
  std::vector<k8s::Object> objects;  // with sample pods for workloads where there are no pods
  std::vector<std::string> notes;    // diagnostics, one line each
  bool closed = false;               // something that decides was not understood
};

tl::expected<Reviewed, std::string> read_for_review(const Source& source, Kinds kinds = Kinds::with_services);

// `node`: whose pods are local; none: every pod is.
meaning::Viewpoint seen_from(const Shape& shape, const std::optional<std::string>& node);
Settings settings_for(const Shape& shape, const std::optional<std::string>& node);
nft::Table table_of(const Shape& shape, const std::optional<std::string>& node,
                    const std::vector<k8s::Object>& objects);

}  // namespace selvedge::cli
