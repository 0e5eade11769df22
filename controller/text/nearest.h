// Which of the right words somebody meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace selvedge {

// The candidate with the smallest edit distance (insert, delete, replace, swap of neighbours); the first of equals.
// Empty if there are none. Compares the first 64 bytes only.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace selvedge
