// What the kernel holds, for people and for programs: the table as `render` would
// print it, and beside it what a rendered table does not have: counters, handles,
// and parts that are not of our making.
#pragma once

#include <optional>
#include <string>

#include "nft/backend.h"

namespace selvedge::cli {

// The table's text under comments with handle, owner, counters and what was not understood.
std::string inspection_text(const nft::Dump& dump);

// One object: table, handle, owned, generation, opaque [{where, owner, handle, what, raw}],
// counters [{name, role, direction, object, packets, bytes}], sets and maps {name: {comment, elements}},
// chains {name: {hook, priority, rules: [{rule, comment}]}}. Ends with a newline.
// `ports`, if it is there, comes as the member "bridge", of the same form.
std::string inspection_json(const nft::Dump& dump, const std::optional<nft::Dump>& ports = std::nullopt);

}  // namespace selvedge::cli
