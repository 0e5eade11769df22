// Inputs made from saved ones: a small, seeded stand-in for libFuzzer's mutator,
// blind to coverage, the same on every machine.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace selvedge::fuzz {

constexpr std::size_t longest_input = 4096;

// A saved input, changed in one to eight places; now and then joined with another. `saved` is not empty.
std::string mutated(std::mt19937& random, const std::vector<std::string>& saved);

}  // namespace selvedge::fuzz
