// Our table with one thing changed, to find out what that thing costs.
#pragma once

#include <string>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::bench {

struct Part {
  std::string what;  // "without counters"
  nft::Table table;  // of another name
};
std::vector<Part> taken_apart(const nft::Table& table);

}  // namespace selvedge::bench
