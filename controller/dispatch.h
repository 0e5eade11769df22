// The dispatch maps: what becomes of a pod's packets, by its address. An isolated pod's go to its
// chain; those of others pass, and have an element only where the guard would stop them.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "controller/names.h"
#include "nft/changes.h"
#include "nft/ip.h"

namespace selvedge {

// Not thread-safe.
class DispatchMaps {
 public:
  // None: the address is in no map.
  void point(Direction direction, const nft::Address& address, std::optional<nft::Verdict> verdict);

  // The maps themselves are there from the first call on, empty or not.
  void take_changes(nft::Changes& changes);
  void add_to(nft::Table& table) const;

 private:
  struct Tracked {
    std::map<nft::Key, nft::Verdict> now;
    std::map<nft::Key, std::optional<nft::Verdict>> was;  // touched since take_changes()
  };
  Tracked& tracked(Direction direction, nft::Family family);
  nft::MapDelta take(Tracked& map) const;

  std::array<Tracked, 4> maps_;
  bool emitted_ = false;
};

}  // namespace selvedge
