// Runs a packet through a table, as the kernel would: base chains of its hook by
// priority, rules in order, jumps, gotos and returns, verdict maps, sets.
//
// An accept ends the base chain it is in, a drop ends all. A base chain that
// runs to its end accepts (struct Base).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nft/held_table.h"
#include "nft/packet.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

// A rule whose matches all held; a dispatch only if its map held something.
struct Step {
  std::string chain;
  std::size_t rule = 0;  // its index in the chain
  bool operator==(const Step&) const = default;
};

struct Outcome {
  bool accepted = true;
  std::vector<Step> trace;  // in the order they were met
  bool operator==(const Outcome&) const = default;
};

// For many packets through one table, which must be sound (validate() finds nothing), stay as it is and outlive
// this. Any number of threads may ask at once.
class Simulation {
 public:
  explicit Simulation(const Table& table);
  explicit Simulation(const PackedTable& table);
  Outcome run(const Packet& packet) const;
  bool accepts(const Packet& packet) const;  // the same without its trace

 private:
  using NamedChain = std::pair<const std::string, Chain>;

  Simulation(const Table& table, const HeldElements* elements);

  const Table& table_;
  const HeldElements* elements_;  // null: they are in the table
  std::unordered_map<std::string_view, const NamedChain*> chains_;
  std::map<Hook, std::vector<const NamedChain*>> bases_;  // in the order that packets meet them
};

// For one packet.
Outcome simulate(const Table& table, const Packet& packet);

// Whether this one match holds of the packet.
bool holds(const Table& table, const Match& match, const Packet& packet);

}  // namespace selvedge::nft
