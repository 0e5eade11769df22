// What a packet on its way may meet of two tables while the one becomes the other in one commit: of the base chains
// before some place the old, of those behind it the new; and in that place the old rules, but in sets and maps what is
// new already (nft/transaction.h).
#pragma once

#include <vector>

#include "nft/packet.h"
#include "nft/ruleset.h"

namespace selvedge::test {

// For each way through the commit, the tables that a packet must pass one after another.
using Way = std::vector<nft::Table>;
std::vector<Way> ways_through(const nft::Table& before, const nft::Table& after);

bool passes(const Way& way, const nft::Packet& packet);

}  // namespace selvedge::test
