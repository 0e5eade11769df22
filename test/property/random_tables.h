// Tables at random for RapidCheck: those of test/support/random_table.h, made simpler by leaving things out.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include <rapidcheck.h>

#include "nft/ruleset.h"

namespace selvedge::test {

struct AnyTable {
  nft::Table table;  // sound
};

// Each lacks one thing that `table` has; those that are not sound are left out.
std::vector<nft::Table> lesser(const nft::Table& table);

// The table as somebody's hand may have left it: elements and rules missing. Sound.
nft::Table drifted(nft::Table table, std::uint64_t seed);

// And as an older version may have: sets, maps and base chains of another shape.
nft::Table misshapen(nft::Table table, std::uint64_t seed);

void showValue(const AnyTable& table, std::ostream& out);

}  // namespace selvedge::test

template <>
struct rc::Arbitrary<selvedge::test::AnyTable> {
  static Gen<selvedge::test::AnyTable> arbitrary();
};
