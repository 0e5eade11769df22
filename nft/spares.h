// How to reach a table when an object of the same name stands in the way: a set of another type, a
// chain with another hook, something with parts that did not decode. Such an object cannot be
// altered in place, and must not be deleted before its successor is in force. So it takes
// two steps: first the table with the successor under a spare name, then the table itself.
//
// The same two steps are right for every packet in flight where no order of changes in place is (transaction_order.h):
// if all that leads to what changes has spare names too, up to the base chains, then no set, map or chain that
// packets pass is touched. The new base chains come, which is when both states must allow a packet; then the old ones
// go. Of each base chain a packet meets the old content or the new, never some of both.
#pragma once

#include <map>
#include <set>
#include <string>

#include "nft/changes.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

struct Clashes {
  std::set<std::string> sets;  // and maps
  std::set<std::string> chains;

  bool empty() const { return sets.empty() && chains.empty(); }
};

// The names in `desired` that something of another shape has in `held`, or anything at all of what is `dirty`.
Clashes clashes_between(const Table& held, const Clashes& dirty, const Table& desired);

// What `changes` alters in place.
Clashes altered_by(const Changes& changes);

// With all of `desired` that leads to one of them.
Clashes with_what_leads_there(Clashes clashes, const Table& desired);

// A table with other names for what clashes.
struct Spared {
  Table table;
  std::map<std::string, std::string> names;  // the name in `desired`, by the spare one: it is in neither table
};
Spared with_spare_names(const Table& desired, const Clashes& clashes, const Table& held);

}  // namespace selvedge::nft
