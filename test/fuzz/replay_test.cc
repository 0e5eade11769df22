// Every fuzz target on its saved inputs and on mutations of them: what ./dev fuzz
// looks for at length, in seconds and with any compiler and sanitizer.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test/fuzz/mutation.h"

#define SELVEDGE_TARGET(name) extern "C" int name(const std::uint8_t* data, std::size_t size);
SELVEDGE_TARGETS
#undef SELVEDGE_TARGET

namespace selvedge::fuzz {
namespace {

struct Target {
  std::string name;  // "items"
  int (*run)(const std::uint8_t*, std::size_t);
};
void PrintTo(const Target& target, std::ostream* out) {
  *out << target.name;
}

std::string without_suffix(std::string name) {
  return name.substr(0, name.rfind("_fuzz"));
}

const std::vector<Target> targets{
#define SELVEDGE_TARGET(name) {without_suffix(#name), name},
    SELVEDGE_TARGETS
#undef SELVEDGE_TARGET
};

struct Saved {
  std::vector<std::string> names;
  std::vector<std::string> inputs;
};

Saved saved_inputs(const Target& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SELVEDGE_CORPUS "/" + target.name)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Saved saved;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    saved.names.push_back(file.filename());
    saved.inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return saved;
}

// What does not hold for this input; empty: all does.
std::string complaint(const Target& target, const std::string& input) {
  try {
    target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

class Fuzz : public testing::TestWithParam<Target> {};

TEST_P(Fuzz, SavedInputs_HaveTheProperties_AndAreSmall) {
  const Saved saved = saved_inputs(GetParam());
  ASSERT_GE(saved.inputs.size(), 5U);
  for (std::size_t i = 0; i < saved.inputs.size(); ++i) {
    EXPECT_EQ(complaint(GetParam(), saved.inputs[i]), "") << saved.names[i];
    EXPECT_LE(saved.inputs[i].size(), longest_input) << saved.names[i];
  }
}

TEST_P(Fuzz, MutatedInputs_HaveTheProperties) {
  constexpr int rounds = 3000;
  const Saved saved = saved_inputs(GetParam());
  ASSERT_FALSE(saved.inputs.empty());
  std::mt19937 random(1);
  for (int round = 0; round < rounds; ++round) {
    const std::string input = mutated(random, saved.inputs);
    ASSERT_EQ(complaint(GetParam(), input), "") << "round " << round << ": " << testing::PrintToString(input);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(targets), [](const auto& about) { return about.param.name; });

}  // namespace
}  // namespace selvedge::fuzz
