// Tables that mean the same and look otherwise: what a predecessor of another version may leave behind.
#pragma once

#include <cstdint>
#include <string>

#include "controller/core.h"
#include "nft/ruleset.h"

namespace selvedge::soak {

enum class Layout : std::uint8_t {
  plain,        // as the agent writes it
  other_vxlan,  // as the agent with another port: other rules in the base chains
  no_vxlan,     // fewer of them
  commented,    // each rule's comment is another each time: every chain is flushed and refilled
  renamed,      // other names throughout, other priorities, and one base chain more
  reshaped,     // the same names, but sets of intervals and other priorities: nothing can be altered in place
  count,
};
std::string to_string(Layout layout);

// The agent itself can write it.
bool is_agents(Layout layout);
Settings settings_of(Layout layout);

// `table` in a layout that is not the agent's; `number` makes the comments differ.
nft::Table in_layout(nft::Table table, Layout layout, std::uint64_t number);

}  // namespace selvedge::soak
