// A list of names in a sentence: "a, b, c and 12 more".
#pragma once

#include <cstddef>
#include <string>

namespace selvedge::cli {

template <typename Names>
std::string first_names(const Names& names, std::size_t most) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == most) return text + " and " + std::to_string(names.size() - most) + " more";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace selvedge::cli
