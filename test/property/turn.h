// A turn: two states of one node, of which the second is often the first with a few objects changed.
#pragma once

#include <cstdint>
#include <ostream>
#include <vector>

#include <rapidcheck.h>

#include "test/property/world.h"

namespace selvedge::test {

// Seen as `before` is.
struct Turn {
  World before;
  World after;
};

Turn random_turn(std::uint64_t seed, int size);
std::vector<Turn> simpler(const Turn& turn);
void showValue(const Turn& turn, std::ostream& out);

}  // namespace selvedge::test

template <>
struct rc::Arbitrary<selvedge::test::Turn> {
  static Gen<selvedge::test::Turn> arbitrary();
};
