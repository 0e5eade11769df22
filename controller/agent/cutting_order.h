// What is to be cut: whose connections a change of the rules puts in doubt, and the rules by which they are judged.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "controller/cutting.h"
#include "nft/held_table.h"
#include "nft/narrowing.h"

namespace selvedge::agent {

struct CuttingOrder {
  nft::Narrowing narrowed;          // to be judged
  std::set<nft::Address> released;  // that no pod has any more: all their connections end
  Neighbourhood neighbourhood;      // without what the node's interfaces tell
  nft::PackedTable rules;           // as they are in force
};

// The seam to what carries orders out.
class Cutting {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Cutting() = default;

  // When it may take an order: now or earlier, it waits for one. Orders are not queued: whoever has them keeps and
  // joins them until then.
  virtual Time ready_at() const = 0;
  virtual void carry_out(CuttingOrder order) = 0;  // returns at once
  virtual std::string fault() const = 0;           // why connections are not cut; empty: they are
};

}  // namespace selvedge::agent
