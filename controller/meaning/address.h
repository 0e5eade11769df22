// Reading addresses and blocks of addresses as the API writes them.
//
// Text that the API has ever accepted is read: leading zeros are decimal, host
// bits are cut off, and what is written as IPv4 within IPv6 (`::ffff:10.0.0.1`)
// is IPv4, since that is what packets carry (semantics 50, 60).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "nft/ip.h"

namespace selvedge::meaning {

std::optional<nft::Address> read_address(std::string_view text);

// `10.0.0.0/8`, as the first and the last of its addresses.
std::optional<nft::Interval> read_block(std::string_view text);

bool lies_in(const nft::Address& address, const nft::Interval& block);

// For literals in this folder: the text is known to be sound.
nft::Interval block(std::string_view text);

}  // namespace selvedge::meaning
