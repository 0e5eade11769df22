// The nftables rules that a packet meets on its way through a table, for people.
#pragma once

#include <string>
#include <vector>

#include "controller/agent/command_line.h"
#include "k8sclient/types.h"
#include "nft/backend.h"
#include "nft/packet.h"

namespace selvedge::agent {

// A line for each rule whose matches all held, in order: "CHAIN: RULE", with what its counter has seen where `dump` has
// counters; and what became of the packet.
std::vector<std::string> rules_met(const nft::Dump& dump, const nft::Packet& packet);

// The table of a node on which all pods are.
nft::Table table_of_all(const Shape& shape, const std::vector<k8s::Object>& objects);

}  // namespace selvedge::agent
