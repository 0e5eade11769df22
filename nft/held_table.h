// A table as its only writer holds it: a model of what the kernel has, that lasts from batch to batch.
//
// What the kernel knows of each object without looking around, this knows too: how often each is referred to,
// and how deep each chain may lie. Both are kept rule by rule, so that a batch costs what it contains.
// Elements are packed: a hundred thousand addresses take half a megabyte.
#pragma once

#include <map>
#include <string>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/changes.h"
#include "nft/jump_levels.h"
#include "nft/packed_elements.h"
#include "nft/ruleset.h"
#include "nft/transaction.h"
#include "nft/use_counts.h"

namespace selvedge::nft {

// A table, the elements of its sets apart from it and packed: one entry for each set.
struct PackedTable {
  Table outline;
  HeldElements elements;
};

class HeldTable {
 public:
  explicit HeldTable(std::string name, TableFamily family = TableFamily::inet) {
    state_.outline.name = std::move(name);
    state_.outline.family = family;
  }
  explicit HeldTable(Table table);  // one walk through all of it
  // The sets of `outline` have no elements; they are in `elements`, with one entry for each set.
  HeldTable(Table outline, HeldElements elements);

  const std::string& name() const { return state_.outline.name; }
  const Table& outline() const { return state_.outline; }  // all but the sets' elements: there they have none
  Table table() const;                                     // all of it; costs what it holds
  PackedTable packed() const { return {state_.outline, state_.elements}; }  // a tenth of that
  std::size_t elements() const;                                             // of all sets
  const UseCounts& uses() const { return state_.uses; }

  bool equals(const Table& other) const;
  bool equals(const PackedDump& dump) const;   // what decoded of it
  bool agrees_with(const Tally& tally) const;  // as far as it goes; costs a look at each chain and set
  Changes changes_to(Table desired) const;     // as diff(); the elements of new sets are moved, not copied

  // As the free apply() (transaction.h), at the cost of what the batch contains.
  tl::expected<void, Refusal> apply(const Batch& batch);

 private:
  class Transaction;

  struct State {
    Table outline;
    HeldElements elements;  // one for each set of the outline
    UseCounts uses;
    JumpLevels levels;
  };

  State state_;
};

}  // namespace selvedge::nft
