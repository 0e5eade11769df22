// Where a table and the plain reading part.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/meaning/evaluate.h"
#include "nft/packet.h"
#include "nft/ruleset.h"

namespace selvedge::test {

// What both say of the packet, rule by rule and reason by reason.
std::string told(const nft::Table& table, const meaning::Meaning& meaning, const nft::Packet& packet);

// The first of the packets that they do not decide alike.
std::optional<nft::Packet> disagreement(const nft::Table& table, const meaning::Meaning& meaning,
                                        const std::vector<nft::Packet>& packets);

}  // namespace selvedge::test
