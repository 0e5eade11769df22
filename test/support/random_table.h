// Tables at random, of family inet and sound in the sense of validate(): there every alternative of Match and Verdict,
// both families, intervals up to the edges of the address space, comments and names of any length. Two tables draw
// their names from one pool, and a name always has the same shape (a set's type and comment, a chain's base), so that
// any one can be made into any other in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::test {

using Random = std::mt19937_64;

struct TableSize {
  std::size_t sets = 12;      // at most
  std::size_t maps = 8;       // at most
  std::size_t elements = 40;  // at most, per set or map; one set in eight has up to 20 times as many
  std::size_t chains = 18;    // regular ones, at most
  std::size_t rules = 6;      // at most, per chain
};

// Equal `random` state and size give equal tables.
nft::Table random_table(Random& random, const TableSize& size = {}, const std::string& name = "selvedge");

// The parts, for tests of their own.
nft::Address random_address(Random& random, nft::Family family);
std::vector<nft::Interval> random_intervals(Random& random, nft::Family family, std::size_t most);  // as unite() gives
std::string random_comment(Random& random);  // at most 127 bytes, as validate() wants it

// The seeds of a property test: 1 to `count`, or the one in the environment's SELVEDGE_SEED, if any.
std::vector<std::uint64_t> seeds(std::size_t count);

}  // namespace selvedge::test
