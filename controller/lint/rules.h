// What lint can say: a table of rules. An id is for ever, since people write it
// into annotations and pipelines.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selvedge::lint {

enum class Severity : std::uint8_t { info, warning, error };  // in rising order

struct Rule {
  std::string_view id;
  Severity severity{};
  std::string_view title;
  std::string_view why;
  std::string_view fix;
};

std::span<const Rule> rules();               // sorted by severity, errors first, then by id
const Rule* find_rule(std::string_view id);  // null: there is none
std::string_view to_string(Severity severity);

}  // namespace selvedge::lint
