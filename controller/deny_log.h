// How denials are told: to a group of NFLOG, so many a second for each chain, whatever comes. Group 100 is where others
// who enforce NetworkPolicy log, and where their tools listen.
//
// Whoever does not listen pays nothing for it: the kernel throttles before it looks for a listener.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "nft/ruleset.h"

namespace selvedge {

struct DenyLog {
  std::uint16_t group = 100;
  std::uint32_t rate = 10;  // packets a second, of each chain; at once up to twice as many

  bool operator==(const DenyLog&) const = default;
};

// It goes before the rule that drops; `prefix` as in controller/denial_prefix.h.
inline nft::Rule log_rule(const DenyLog& log, std::string prefix) {
  const nft::Log verdict{.rate = log.rate, .burst = 2 * log.rate, .group = log.group, .prefix = std::move(prefix)};
  return {.matches = {}, .counter = "", .verdict = verdict, .comment = ""};
}

}  // namespace selvedge
