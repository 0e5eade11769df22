// The verdicts of Selvedge beside those of other engines.
//
// Ours is asked in four ways, which must agree without any exception: the plain reading and the rendered table, each
// for the whole cluster at once and as the nodes of both ends hold it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/foreign/scenario.h"

namespace selvedge::test {

struct Tally {
  std::size_t scenarios = 0;
  std::size_t questions = 0;
  std::size_t allowed = 0;                       // by us
  std::map<std::string, std::size_t> agreed;     // verdicts, by engine
  std::map<std::string, std::size_t> set_aside;  // verdicts, by engine and reason
  std::vector<std::string> differences;          // one line each; never many, the rest is counted
  std::size_t untold = 0;
};
std::string to_string(const Tally& tally);  // some lines for people

// Adds what `scenario` gives. Objects that do not decode are a difference.
void compare(const Scenario& scenario, Tally& tally);

}  // namespace selvedge::test
