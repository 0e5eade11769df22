// Packets near a table's own boundaries: one goes down a path of jumps through the table, takes from
// each rule on it what the rule asks for (the first or the last of a range, an element of a set), and is then, more
// often than not, moved a step aside in one thing. So most rules are met, and most are narrowly missed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nft/packet.h"
#include "nft/ruleset.h"
#include "test/support/packet_bed.h"
#include "test/support/random_table.h"

namespace selvedge::test {

class PacketsNear {
 public:
  // Both must outlive this.
  PacketsNear(Random& random, const nft::Table& table);

  // Its address types are not set; an empty `in`, and at forward an empty `out`: any will do.
  nft::Packet next();

 private:
  struct Meeting;

  nft::Packet anything();
  void descend(nft::Packet& packet, const std::string& chain);
  void step_aside(nft::Packet& packet);

  Random& random_;
  const nft::Table& table_;
  std::vector<std::string> bases_;
};

// The next address up or down, within its family.
nft::Address moved(nft::Address address, int step);

// `packet` on a path that the bed has for it, as like the one it asks for as may be; no value: there is none.
std::optional<nft::Packet> fitted(Random& random, const PacketBed& bed, const nft::Packet& packet);

}  // namespace selvedge::test
