// What is wrong with one rule; see validate.h.
#pragma once

#include <string>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::nft {

// `rule` stands in `table`, which is asked for what the rule refers to.
std::vector<std::string> faults_of(const Rule& rule, const Table& table);

// Where a verdict of a rule or a map's element leads: nowhere, or to a base chain.
std::vector<std::string> target_faults(const Verdict& verdict, const Table& table);

// "comment …", if nft could not show it.
std::vector<std::string> comment_faults(const std::string& comment);

}  // namespace selvedge::nft
