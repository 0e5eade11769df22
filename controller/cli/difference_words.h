// What `diff` prints: connections gained and lost, then rules.
#pragma once

#include <string>
#include <vector>

#include "controller/cli/table_difference.h"
#include "controller/reach/difference.h"

namespace selvedge::cli {

struct StateDifference {
  reach::Difference connections;
  std::vector<ObjectChange> rules;

  bool empty() const { return connections.empty() && rules.empty(); }
};

std::string difference_text(const StateDifference& difference);
std::string difference_markdown(const StateDifference& difference);  // for a comment of a pull request
std::string difference_json(const StateDifference& difference);

}  // namespace selvedge::cli
