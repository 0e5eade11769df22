// What is to become of a table, object by object. The core yields Changes since
// it was last asked; diff() yields those between two whole tables (adoption,
// repair, review). Both are the same to whoever writes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nft/packed_elements.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

// Elements to take out of and put into a set that stays. Disjoint.
struct SetDelta {
  std::vector<Element> remove;
  std::vector<Element> add;

  bool operator==(const SetDelta&) const = default;
};
// Keys to take out, keys to put in; a key in both is pointed elsewhere.
struct MapDelta {
  std::vector<Key> remove;
  std::map<Key, Verdict> add;

  bool operator==(const MapDelta&) const = default;
};
struct Gone {
  bool operator==(const Gone&) const = default;
};

using SetChange = std::variant<Set, SetDelta, Gone>;  // Set: it is new
using MapChange = std::variant<Map, MapDelta, Gone>;  // Map: it is new
using ChainChange = std::variant<Chain, Gone>;        // Chain: new, or its new content

struct Changes {
  std::map<std::string, bool> counters;  // true: new; false: gone
  std::map<std::string, SetChange> sets;
  std::map<std::string, MapChange> maps;
  std::map<std::string, ChainChange> chains;

  bool empty() const { return counters.empty() && sets.empty() && maps.empty() && chains.empty(); }
  bool operator==(const Changes&) const = default;
};

// The changes that make `from` into `to`. Elements are compared as sorted runs, never set by set
// rebuilt. What cannot be altered in place (same_shape() is false) comes out whole, as if it were
// new; rendering gives such an object another name, and plan() asserts that there is none.
Changes diff(const Table& from, const Table& to);

// The same, where the elements of the sets of `from` are held apart from it: one entry for each set.
using HeldElements = std::map<std::string, PackedElements>;
Changes diff(const Table& from, const HeldElements& elements, const Table& to);

// Takes the elements out of the table's sets, and packs them.
HeldElements take_elements(Table& table);

// The one can become the other in place: all is equal but elements or rules.
bool same_shape(const Set& a, const Set& b);
bool same_shape(const Map& a, const Map& b);
bool same_shape(const Chain& a, const Chain& b);

}  // namespace selvedge::nft
