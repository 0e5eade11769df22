// One soak: traffic, writers that are killed at random instants and followed by others, tables
// wiped by foreign hands; and at the end what was counted of each flow.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "test/soak/flows.h"
#include "test/soak/progress.h"

namespace selvedge::soak {

struct TrialOptions {
  std::string program;                  // whose mode `writer` run_writer() is
  std::uint64_t transactions = 100000;  // commits of all writers together, at least
  std::uint64_t kills = 200;
  std::uint64_t wipes = 50;
  std::uint64_t rate = 150000;  // packets per second
  std::uint64_t pace = 0;       // transactions per second at most; 0: as many as it can
  std::uint64_t seed = 1;
  bool own_table = true;
  std::chrono::milliseconds heartbeat{1000};  // of the writers
  std::chrono::milliseconds control{3000};    // how long only traffic goes on, before all
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

struct FlowCount {
  Flow flow;
  std::uint64_t before = 0;  // our rules
  std::uint64_t after = 0;
  std::uint64_t leaked_in_wipes = 0;  // of those in `after`, while the table was wiped

  std::uint64_t leaked() const { return flow.allowed ? 0 : after - leaked_in_wipes; }
  std::uint64_t lost() const { return flow.allowed ? before - after : 0; }
};

struct Wipe {
  std::string how;
  bool busy = false;                   // the writer was committing; else it had nothing to do but look
  std::chrono::microseconds healed{};  // from the wipe to the last packet that leaked
  std::uint64_t leaked = 0;
};

struct TrialResult {
  std::vector<FlowCount> control;  // no change, no kill, no wipe
  std::vector<FlowCount> flows;    // the rest
  std::vector<Wipe> wipes;
  std::uint64_t sent = 0;
  std::uint64_t commits = 0, turns = 0, resyncs = 0, failures = 0, kills = 0, killed_early = 0, withstood = 0;
  std::array<std::uint64_t, acts> commits_with{};
  std::array<std::uint64_t, 6> writers_of_layout{};
  std::chrono::duration<double> duration{};
  bool right_at_the_end = false;  // the kernel holds what a fresh core makes of the world

  std::uint64_t leaked() const;
  std::uint64_t lost() const;
};

// Makes the calling thread's network namespace, which must be fresh, the node. Throws std::runtime_error
// when something does not go on: a writer that ends by itself, a table that is not healed.
TrialResult run_trial(const TrialOptions& options);

}  // namespace selvedge::soak
