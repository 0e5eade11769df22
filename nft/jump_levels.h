// Whether new jumps may lie too deep or in a circle, answered by what they lead to alone.
//
// Each chain and map has a level, at least the number of chains on the longest path that ends there. A new jump
// raises what it leads to, if need be, and so on downwards: in a table of base chains, maps, pods' and policies'
// chains that is a step or two. A jump that goes never lowers a level, so levels err on one side only: where one
// passes max_depth, and in a circle one must, jump_faults() has the last word and the levels are taken afresh.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nft/references.h"
#include "nft/ruleset.h"
#include "nft/use_counts.h"

namespace selvedge::nft {

class JumpLevels {
 public:
  JumpLevels() = default;
  explicit JumpLevels(const Table& table);

  // `table` now leads on from the chain, or by an element of the map, as `verdict` says. False: perhaps too deep or
  // in a circle, and so for every jump from then on.
  bool led_on_from_chain(const Table& table, std::string_view chain, const Verdict& verdict);
  bool led_on_from_map(const Table& table, std::string_view map, const Verdict& verdict);

  // What is not there any more, nor led to.
  void forget_chain(std::string_view chain);
  void forget_map(std::string_view map);

 private:
  struct Step {
    std::string_view to;
    bool map = false;
    std::uint8_t level = 0;
  };
  using Levels = ByName<std::uint8_t>;  // those above the lowest: a chain's 1, a map's 0

  bool raise(const Table& table, std::vector<Step> steps);
  static std::vector<Step> onward(const Table& table, const Step& step);

  Levels chains_;
  Levels maps_;
  bool doubtful_ = false;  // a level has passed max_depth
};

}  // namespace selvedge::nft
