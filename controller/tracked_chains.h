// Chains as they were handed out last, so that only what differs is handed out
// again, and the counters that their rules name with them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "nft/changes.h"

namespace selvedge {

// Not thread-safe.
class TrackedChains {
 public:
  // `chain` as it is to be from now on; none: it is to be gone. Adds what that changes to `changes`.
  void put(const std::string& name, std::optional<nft::Chain> chain, nft::Changes& changes);
  void add_to(nft::Table& table) const;

 private:
  void begin_counting(const nft::Chain& chain, nft::Changes& changes);
  void end_counting(const nft::Chain& chain, nft::Changes& changes);

  std::map<std::string, nft::Chain> chains_;
  std::map<std::string, int> counters_;  // by name: how many rules count there
};

}  // namespace selvedge
