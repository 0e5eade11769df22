// How to reach a table when an object of the same name stands in the way: a set of another type, a
// chain with another hook, something with parts that did not decode. Such an object cannot be
// altered in place, and must not be deleted before its successor is in force. So it takes
// two steps: first the table with the successor under a spare name, then the table itself.
#pragma once

#include <set>
#include <string>

#include "nft/ruleset.h"

namespace selvedge::nft {

struct Clashes {
  std::set<std::string> sets;  // and maps
  std::set<std::string> chains;

  bool empty() const { return sets.empty() && chains.empty(); }
};

// The names in `desired` that something of another shape has in `held`, or anything at all of what is `dirty`.
Clashes clashes_between(const Table& held, const Clashes& dirty, const Table& desired);

// `desired` with other names for what clashes; the names are in neither table.
Table with_spare_names(const Table& desired, const Clashes& clashes, const Table& held);

}  // namespace selvedge::nft
