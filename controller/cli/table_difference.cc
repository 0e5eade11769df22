#include "controller/cli/table_difference.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "nft/text.h"

namespace selvedge::cli {
namespace {

using Lines = std::vector<std::string>;
struct Delta {
  Lines gone, come;
};

Lines lines_of(const nft::Set& set) {
  Lines lines;
  for (const auto& element : set.elements) lines.push_back(nft::to_text(set.type, element));
  return lines;
}

Lines lines_of(const nft::Map& map) {
  Lines lines;
  for (const auto& [key, verdict] : map.elements) {
    const nft::Rule bare{.matches = {}, .counter = {}, .verdict = verdict, .comment = {}};
    lines.push_back(nft::to_text(map.type, nft::Element{key, key}) + " : " + nft::to_text(bare));
  }
  return lines;
}

Lines lines_of(const nft::Chain& chain) {
  Lines lines;
  for (const auto& rule : chain.rules) lines.push_back(nft::to_text(rule));
  return lines;
}

// Elements have no order of their own.
Delta of_elements(Lines before, Lines after) {
  Delta delta;
  std::ranges::sort(before);
  std::ranges::sort(after);
  std::ranges::set_difference(before, after, std::back_inserter(delta.gone));
  std::ranges::set_difference(after, before, std::back_inserter(delta.come));
  return delta;
}

Delta of_rules(const Lines& before, const Lines& after) {
  const auto [old_first, new_first] = std::ranges::mismatch(before, after);
  auto old_last = before.end();
  auto new_last = after.end();
  while (old_last != old_first && new_last != new_first && *std::prev(old_last) == *std::prev(new_last)) {
    --old_last;
    --new_last;
  }
  return {.gone = {old_first, old_last}, .come = {new_first, new_last}};
}

template <typename Kind, typename Compare>
void compare(const std::string& what, const std::map<std::string, Kind>& before,
             const std::map<std::string, Kind>& after, const Compare& delta_of, std::vector<ObjectChange>& changes) {
  std::map<std::string, std::pair<Lines, Lines>> all;
  for (const auto& [name, one] : before) all[name].first = lines_of(one);
  for (const auto& [name, one] : after) all[name].second = lines_of(one);
  for (const auto& [name, lines] : all) {
    using Change = ObjectChange::Kind;
    const Change kind = !after.contains(name) ? Change::gone : before.contains(name) ? Change::altered : Change::come;
    Delta delta = delta_of(lines.first, lines.second);
    if (kind == Change::altered && delta.gone.empty() && delta.come.empty()) continue;
    changes.push_back({kind, what + ' ' + name, std::move(delta.gone), std::move(delta.come)});
  }
}

}  // namespace

std::vector<ObjectChange> table_difference(const nft::Table& before, const nft::Table& after) {
  std::vector<ObjectChange> changes;
  compare("set", before.sets, after.sets, of_elements, changes);
  compare("map", before.maps, after.maps, of_elements, changes);
  compare("chain", before.chains, after.chains, of_rules, changes);
  return changes;
}

}  // namespace selvedge::cli
