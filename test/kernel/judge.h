// The kernel as the judge of simulate(): one table, many packets, two verdicts each.
#pragma once

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "nft/simulate.h"
#include "nft/text.h"
#include "test/kernel/tables.h"
#include "test/support/packet_bed.h"

namespace selvedge::test {

// `table` is in the kernel as long as this lives.
class Loaded {
 public:
  Loaded(nft::Backend& backend, const nft::Table& table) : backend_(backend), name_(table.name) {
    commit_table(backend_, table);
  }
  ~Loaded() {
    const auto done = backend_.commit(name_, {nft::DeleteTable{}});
    EXPECT_TRUE(done) << done.error().message;
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

 private:
  nft::Backend& backend_;
  std::string name_;
};

struct Trial {
  std::size_t compared = 0;
  std::size_t dropped = 0;                            // of them, by simulate()
  std::set<std::pair<std::string, std::size_t>> met;  // rules, by chain and index
  std::vector<std::string> disagreements;
};

// Those of `packets` that the bed can carry and that arrive where there is no rule.
inline std::vector<nft::Packet> carried(PacketBed& bed, std::vector<nft::Packet> packets) {
  std::erase_if(packets, [&](const nft::Packet& packet) { return !bed.carries(packet); });
  const std::vector<bool> arrived = bed.arrivals(packets);
  std::vector<nft::Packet> result;
  for (std::size_t i = 0; i < packets.size(); ++i)
    if (arrived[i]) result.push_back(packets[i]);
  return result;
}

inline std::string told(const nft::Outcome& outcome) {
  std::string text = outcome.accepted ? "accepts" : "drops";
  for (const nft::Step& step : outcome.trace) text += ", " + step.chain + " rule " + std::to_string(step.rule + 1);
  return text;
}

// Each of `packets` arrives under `table` if and only if simulate() accepts it.
inline Trial judge(PacketBed& bed, nft::Backend& backend, const nft::Table& table,
                   const std::vector<nft::Packet>& packets) {
  const Loaded loaded(backend, table);
  const std::vector<bool> arrived = bed.arrivals(packets);
  Trial trial{.compared = packets.size(), .dropped = 0, .met = {}, .disagreements = {}};
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const nft::Outcome outcome = simulate(table, packets[i]);
    if (!outcome.accepted) ++trial.dropped;
    for (const nft::Step& step : outcome.trace) trial.met.emplace(step.chain, step.rule);
    if (outcome.accepted == arrived[i]) continue;
    trial.disagreements.push_back(to_string(packets[i]) + (arrived[i] ? " arrives, " : " does not arrive, ") +
                                  "simulate() " + told(outcome));
  }
  return trial;
}

}  // namespace selvedge::test
