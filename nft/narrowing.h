// Whose packets a change may have taken a way from: the keys of verdict maps (addresses of pods) that lead to what is
// another now.
//
// It errs on one side only. All lookups of ours are positive, so that an element more allows more, and an element less
// less; of a chain that was rewritten nobody asks how.
#pragma once

#include <set>

#include "nft/changes.h"
#include "nft/ip.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

struct Narrowing {
  bool anyone = false;  // a base chain is another, or what leads there cannot be told
  std::set<Address> addresses;

  bool empty() const { return !anyone && addresses.empty(); }
  void add(Narrowing other);
  bool operator==(const Narrowing&) const = default;
};

// `now` holds what `changes` left; its sets' elements are not looked at. Costs a walk through its rules, but nothing
// where `changes` only add elements.
Narrowing narrowed_by(const Changes& changes, const Table& now);

}  // namespace selvedge::nft
