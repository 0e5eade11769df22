// The nftables rules that a packet meets on its way through a table, for people.
#pragma once

#include <string>
#include <vector>

#include "nft/backend.h"
#include "nft/packet.h"

namespace selvedge::cli {

// A line for each rule whose matches all held, in order: "CHAIN: RULE", with what its counter has seen where `dump` has
// counters; and what became of the packet.
std::vector<std::string> rules_met(const nft::Dump& dump, const nft::Packet& packet);

}  // namespace selvedge::cli
