// What a rule, a verdict or a map names elsewhere in its table, and the graph
// of jumps that the names make. The kernel refuses dangling names, and paths of
// more than 16 chains counted from a base chain (NFT_JUMP_STACK_SIZE).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::nft {

struct Reference {
  enum class To : std::uint8_t { chain, set, map, counter };
  To to{};
  std::string_view name;  // lives as long as what was asked
  KeyType type;           // of a set or map: the key that is looked up
};

std::vector<Reference> references_of(const Rule& rule);

// The chain that Jump or Goto leads to.
std::optional<std::string_view> target_of(const Verdict& verdict);

// The map that a verdict asks.
std::optional<std::string_view> map_of(const Verdict& verdict);

// Whether a map may hold it: it neither asks another map nor logs.
bool fits_in_map(const Verdict& verdict);

// The family that a rule's match or verdict asks the packet to be of.
std::optional<Family> family_of(const Match& match);
std::optional<Family> family_of(const Verdict& verdict);

inline constexpr std::size_t max_depth = 16;  // chains on a path, the base chain among them

struct JumpFault {
  enum class Kind : std::uint8_t { circle, depth };
  Kind kind{};
  std::string chain;
  bool live = false;  // a base chain leads there: the kernel refuses it; else only before Linux 6.6
};

// Chains in a circle of jumps (or between two such), and those that lie deeper than max_depth below
// a base chain (told only if no live circle hides them); each sorted by name. Names that dangle
// are passed over.
std::vector<JumpFault> jump_faults(const Table& table);

}  // namespace selvedge::nft
