// The dispatch maps: which chain an isolated pod's packets go to, by its address.
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
  // Packets of `address` in this direction go to `chain`; none: the address is in no map.
  void point(Direction direction, const nft::Address& address, std::optional<std::string> chain);

  // The maps themselves are there from the first call on, empty or not.
  void take_changes(nft::Changes& changes);
  void add_to(nft::Table& table) const;

 private:
  struct Tracked {
    std::map<nft::Key, std::string> now;
    std::map<nft::Key, std::optional<std::string>> was;  // touched since take_changes()
  };
  Tracked& tracked(Direction direction, nft::Family family);
  nft::MapDelta take(Tracked& map) const;

  std::array<Tracked, 4> maps_;
  bool emitted_ = false;
};

}  // namespace selvedge
