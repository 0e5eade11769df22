// A table as somebody's hand may leave it while it still loads: rules of a
// stranger, rules changed, moved or lost, elements put in, taken out or led
// elsewhere. And packets that go looking for the difference.
#pragma once

#include <cstdint>

#include "nft/packet.h"
#include "nft/ruleset.h"
#include "test/property/dice.h"

namespace selvedge::test {

// One change. Sound, if `table` is; equal to it where the change came to nothing.
nft::Table tampered(const nft::Table& table, Dice& dice);

// `packet` changed to meet the matches of some rule of the table, as far as it can.
nft::Packet aimed(nft::Packet packet, const nft::Table& table, Dice& dice);

}  // namespace selvedge::test
