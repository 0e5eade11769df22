// Every fault of a Table that the kernel or nft would refuse, told at once.
#pragma once

#include <string>
#include <vector>

#include "nft/ruleset.h"

namespace selvedge::nft {

struct Fault {
  std::string object;   // "chain policy-ingress-… rule 3" (its third), "set peers-…"
  std::string message;  // what is wrong with it, with the value
  bool operator==(const Fault&) const = default;
};

// Empty: the table is sound. Names (first a letter, then letters, digits and "/-_.", at most
// 255 bytes), comments (127), interface names (15), dangling chains, sets, maps and counters,
// key types that do not fit the lookup, unsorted, overlapping or adjacent elements, ports and
// types out of canonical form, checks repeated within a rule, jumps in a circle or deeper
// than 16, base chains as jump targets, verdict maps that dispatch.
std::vector<Fault> validate(const Table& table);

}  // namespace selvedge::nft
