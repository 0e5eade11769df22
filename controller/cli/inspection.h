// What the kernel holds, for people and for programs: who is isolated how, by which policies, with what was counted;
// or the table as `render` would print it, with what a rendered table does not have: counters, handles, and parts that
// are not of our making.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/table_difference.h"
#include "nft/backend.h"

namespace selvedge::cli {

struct Inspection {
  nft::Dump dump;
  std::optional<nft::Dump> ports;                  // the table against borrowed addresses
  std::map<std::string, std::string> names;        // whose an address is, as far as objects were given
  std::optional<std::vector<ObjectChange>> drift;  // from what the objects say, if they were given
};

// All pods and policies, each in a few lines. What was counted since `before`, and what has changed, is told beside it.
std::string overview_text(const Inspection& now, const Inspection* before = nullptr);

// One of them, with its chains and the sets that these ask. The error names the nearest that there is.
tl::expected<std::string, std::string> pod_text(const Inspection& now, const std::string& pod,
                                                const Inspection* before = nullptr);
tl::expected<std::string, std::string> policy_text(const Inspection& now, const std::string& policy,
                                                   const Inspection* before = nullptr);

// The table's text under comments with handle, owner, counters and what was not understood; that of the ports after it.
std::string raw_text(const Inspection& now);

// One object: table, handle, owned, generation, opaque [{where, owner, handle, what, raw}],
// counters [{name, role, direction, object, packets, bytes}], pods [{name, addresses, ingress, egress}] where a
// direction is null or {chain, policies, audited, denied}, policies [{name, ingress, egress}] where a direction is null or
// {chain, rules, pods, allowed}, sets and maps {name: {comment, elements}}, chains {name: {hook, priority, rules:
// [{rule, comment}]}}, names {address: pod}, and where objects were given drift [{kind, object, gone, come}].
// The table of ports, if there is one, comes as the member "bridge", of the same form. One line, if `compact`.
std::string inspection_json(const Inspection& now, bool compact = false);

}  // namespace selvedge::cli
