// Compares table and state on one packet, and keeps count.
#pragma once

#include <cstddef>
#include <utility>

#include "controller/meaning/evaluate.h"
#include "controller/verify/verify.h"
#include "nft/simulate.h"

namespace selvedge::verify {

// Not thread-safe; `table` and `state` must outlive it.
class Judge {
 public:
  Judge(const nft::Table& table, const meaning::Meaning& state, std::size_t max_differences)
      : table_(table), state_(state), max_differences_(max_differences) {}

  void ask(const nft::Packet& packet) {
    ++result_.classes;
    meaning::Judgement judgement = state_.evaluate(packet);
    if (table_.accepts(packet) == judgement.allowed) return;
    ++result_.different;
    if (result_.differences.size() == max_differences_) return;
    result_.differences.push_back({packet, table_.run(packet), std::move(judgement)});
  }

  Verification take() { return std::move(result_); }

 private:
  nft::Simulation table_;
  const meaning::Meaning& state_;
  std::size_t max_differences_;
  Verification result_;
};

}  // namespace selvedge::verify
