// What each way to ask about an address finds, atom by atom: a prefix, a set, a
// map of verdicts, a set of endpoints.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "controller/verify/atoms.h"
#include "nft/ruleset.h"

namespace selvedge::verify {

using Endpoints = std::vector<std::pair<std::uint8_t, std::uint16_t>>;  // (protocol, port)

struct Column {
  std::vector<std::uint32_t> findings;  // by atom; 0: not in it; else equal numbers, equal findings
  Atomset hits;                         // where there is one
  std::vector<nft::Verdict> verdicts;   // of a map, by finding - 1
  std::vector<Endpoints> endpoints;     // of a set of endpoints, by finding - 1
};

// Prefix, set and map are of the atoms' family; the atoms know all their edges.
Column prefix_column(const nft::Prefix& prefix, const Atoms& atoms);
Column set_column(const nft::Set& set, const Atoms& atoms);
Column endpoint_column(const nft::Set& set, const Atoms& atoms);
Column map_column(const nft::Map& map, const Atoms& atoms);

// The intervals of addresses that the table's prefixes, sets and maps draw.
std::vector<nft::Interval> edges_of(const nft::Table& table);

}  // namespace selvedge::verify
