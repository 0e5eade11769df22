// What differs between two tables, object by object, in the words of nft.
#pragma once

#include <string>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::cli {

struct ObjectChange {
  enum class Kind { altered, come, gone };
  Kind kind{};
  std::string object;             // "chain policy-ingress-…-production/api"
  std::vector<std::string> gone;  // rules or elements
  std::vector<std::string> come;
};

// Sets, maps and chains, each sorted by name. Of a chain what lies between the first and the last rule that differ.
std::vector<ObjectChange> table_difference(const nft::Table& before, const nft::Table& after);

}  // namespace selvedge::cli
