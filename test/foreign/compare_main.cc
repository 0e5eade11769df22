// selvedge-test-foreign: reads scenarios with other engines' verdicts from standard input and compares them with ours.
// Exit status: 0 all agree, 1 some differ, 3 the input is not what it should be.
#include <iostream>
#include <string>

#include "test/foreign/comparison.h"

int main() {
  selvedge::test::Tally tally;
  for (std::string line; std::getline(std::cin, line);) {
    const auto scenario = selvedge::test::parse_scenario(line);
    if (!scenario) {
      std::cerr << "line " << tally.scenarios + 1 << ": " << scenario.error() << '\n';
      return 3;
    }
    selvedge::test::compare(*scenario, tally);
  }
  if (tally.scenarios == 0) {
    std::cerr << "no scenario on standard input\n";
    return 3;
  }
  std::cout << to_string(tally);
  return tally.differences.empty() ? 0 : 1;
}
