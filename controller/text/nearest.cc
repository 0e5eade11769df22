#include "controller/text/nearest.h"

#include <algorithm>
#include <limits>

namespace selvedge {
namespace {

using Row = std::vector<std::size_t>;

// One row of the optimal string alignment table: distances of a[0..i] to every prefix of b.
Row next_row(std::string_view a, std::string_view b, std::size_t i, const Row& above, const Row& two_above) {
  Row row(b.size() + 1);
  row[0] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
    row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two_above[j - 2] + 1);
  }
  return row;
}

std::size_t distance(std::string_view a, std::string_view b) {
  Row two_above, above(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Row row = next_row(a, b, i, above, two_above);
    two_above = std::move(above);
    above = std::move(row);
  }
  return above.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto& candidate : candidates) {
    const std::size_t apart = distance(word.substr(0, 64), std::string_view(candidate).substr(0, 64));
    if (apart < least) {
      least = apart;
      best = candidate;
    }
  }
  return best;
}

}  // namespace selvedge
