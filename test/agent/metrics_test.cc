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
  const std::string type = "# TYPE ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(type)) names.insert(line.substr(type.size(), line.find(' ', type.size()) - type.size()));
  }
  return names;
}

// The rows of the table begin with the name.
Names documented() {
  Names names;
  std::ifstream file(SELVEDGE_SOURCE_DIR "/docs/metrics.md");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `")) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

TEST(Metrics, AreThoseThatTheDocumentationNames) {
  EXPECT_FALSE(told().empty());
  EXPECT_EQ(told(), documented());
}

TEST(Metrics, OfTheProcess_AreItsOwn) {
  const std::string text = Metrics().text();
  const auto value = [&](const std::string& name) {
    const std::size_t at = text.find('\n' + name + ' ');
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_LT(value("process_resident_memory_bytes"), 1e12);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_start_time_seconds"), 1.5e9);
}

}  // namespace
}  // namespace selvedge::agent
