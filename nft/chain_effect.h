// What becomes of packets when a chain gets another body: whether it lets more of them through, or fewer.
//
// It goes by the form of both bodies, and takes it for granted that chains which are jumped to, as those of policies,
// only accept. In doubt it is both.
#pragma once

#include <cstdint>

#include "nft/ruleset.h"

namespace selvedge::nft {

enum class Effect : std::uint8_t { none, narrows, widens, both };

Effect effect_of(const Chain& before, const Chain& after);

bool drops_the_rest(const Chain& chain);    // its last rule is a drop of whatever comes there
bool drops_all(const Chain& chain);         // and none before lets any through
bool lets_all_through(const Chain& chain);  // its last rule accepts whatever comes there, and none before drops

}  // namespace selvedge::nft
