// What is to be cut: whose connections a change of the rules puts in doubt, and the rules by which they are judged.
//
// In two steps, because between them rules are written by which what was found cannot come to life again
// (controller/revivals.h):
//
//   find ─► outcome: the ends of what was found ─► their rules are written ─► remove
//
// Each step is told the rules of that moment: what was allowed again meanwhile stays.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "controller/cutting.h"
#include "controller/revivals.h"
#include "nft/held_table.h"
#include "nft/narrowing.h"

namespace selvedge::agent {

// Whose connections are to be looked at.
struct Doubt {
  nft::Narrowing narrowed{};          // to be judged
  std::set<nft::Address> released{};  // that no pod has any more: all their connections end

  bool empty() const { return narrowed.empty() && released.empty(); }
  void add(Doubt other) {
    narrowed.add(std::move(other.narrowed));
    released.merge(other.released);
  }
};

struct CuttingOrder {
  Doubt about;
  Neighbourhood neighbourhood;  // without what the node tells of its own addresses
  nft::PackedTable rules;       // as they are in force
};

// What came of a step.
struct CuttingOutcome {
  bool failed = false;    // what was found, if anything, is forgotten
  std::size_t found = 0;  // to be removed; after a removal 0
  bool all = true;        // of those to be found; else there are more than are kept at once
  Suspects ends{};        // at pods of this node, isolated or not, of the connections found
  bool revived = false;   // what was removed had begun anew from its other end, and may do so again
};

// The seam to what carries orders out.
class Cutting {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Cutting() = default;

  virtual Time ready_at() const = 0;  // when it may be told to find
  // Both return at once; the next step is not told before the outcome of the last was taken.
  virtual void find(CuttingOrder order) = 0;
  virtual void remove(CuttingOrder order) = 0;               // of what was found what is still to be cut
  virtual std::optional<CuttingOutcome> take_outcome() = 0;  // of the last step, once it is done
  virtual std::string fault() const = 0;                     // why connections are not cut; empty: they are
};

}  // namespace selvedge::agent
