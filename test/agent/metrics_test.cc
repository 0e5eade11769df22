#include "controller/agent/metrics.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace selvedge::agent {
namespace {

using Names = std::set<std::string>;

Names told() {
  Names names;
  std::istringstream lines(Metrics().text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("selvedge_")) names.insert(line.substr(0, line.find_first_of(" {")));
  }
  return names;
}

// The rows of the table begin with the name.
Names documented() {
  Names names;
  std::ifstream file(SELVEDGE_SOURCE_DIR "/docs/metrics.md");
  const std::string row = "| `selvedge_";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(row)) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

TEST(Metrics, AreThoseThatTheDocumentationNames) {
  EXPECT_FALSE(told().empty());
  EXPECT_EQ(told(), documented());
}

}  // namespace
}  // namespace selvedge::agent
