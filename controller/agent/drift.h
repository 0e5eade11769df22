// When to compare the table in the kernel with what was left there, and how
// closely: somebody may have edited it, and that must be noticed within a second,
// at a cost that nobody notices.
//
// Another user's commit moves the kernel's generation, also one to another table
// (kube-proxy's). So a move is a reason to look: at counts each time, at all content
// as often as costs a fiftieth of the time. And now and then content is
// compared without a reason.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "controller/agent/watch_states.h"
#include "nft/netlink_backend.h"
#include "nft/programmed.h"

namespace selvedge::agent {

// What a look that costs microseconds tells of the table.
struct Glimpse {
  std::string shape;         // another one when the table was made anew, or its chains or sets came or went; empty:
                             // there is no table
  std::uint64_t others = 0;  // moves when somebody else commits anything, to any table
  bool shielded = false;     // nobody else can change the table

  bool operator==(const Glimpse&) const = default;
};
std::optional<Glimpse> glimpse_of(nft::NetlinkBackend& backend, const std::string& table);  // none: it cannot be asked

// Not thread-safe.
class Drift {
 public:
  using Depth = nft::Programmed::Depth;

  explicit Drift(std::uint32_t seed) : random_(seed) {}

  // No value: nothing is to be compared now.
  std::optional<Depth> due(const Glimpse& glimpse, Time now);
  void compared(Depth depth, Time begun, Time ended);
  void written(const Glimpse& glimpse, Time now);  // the table is as it should be

 private:
  Time next_round(Time now);

  std::minstd_rand random_;
  std::uint64_t others_ = 0;
  bool content_due_ = false;  // others have committed since the content was compared
  Time content_at_{};         // not before
  Time round_at_{};
};

}  // namespace selvedge::agent
