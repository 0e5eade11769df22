// Finds and removes connections in a thread and over a socket of its own: to read 200,000 of them takes half a second,
// for which no pod's rules shall wait.
//
//   find     read all ─► those in doubt ─► judged by the rules ─► kept
//   remove   those kept ─► judged again, as the rules may be others by now ─► removed
//
// What is not TCP begins anew where an answer to it was on its way when it was removed: as a connection of the other
// end, which may be allowed. No rule stops that, as one does for TCP (controller/revivals.h). So for ten seconds such
// a one is found and removed too, for as long as what it revives is forbidden.
//
// It rests twice as long as it worked, so that a storm of changes costs a third of a processor.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "controller/agent/cutting_order.h"
#include "controller/agent/log.h"
#include "controller/agent/metrics.h"
#include "nft/conntrack_table.h"

namespace selvedge::agent {

// What a node's own addresses are, in the network namespace of the calling thread, beside what `neighbourhood` has;
// error: they could not be asked.
tl::expected<Neighbourhood, nft::Error> with_own_addresses(Neighbourhood neighbourhood);

// Members may be called from any thread. `metrics` must outlive it.
class Cutter final : public Cutting {
 public:
  static constexpr std::size_t most_at_once = 50'000;  // connections kept for removal: 5 MB
  static constexpr std::chrono::seconds watchfulness{10};

  // Works in the network namespace of the calling thread. Without the privilege, or where the kernel has no netlink
  // conntrack, each step fails, and fault() says so. `done` is called, in a thread of its own, when a step is done.
  Cutter(Log log, Metrics& metrics, std::function<void()> done);
  ~Cutter() override;  // ends within the time that one reading or 50,000 removals take
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  Time ready_at() const override;
  void find(CuttingOrder order) override { begin({.removal = false, .order = std::move(order)}); }
  void remove(CuttingOrder order) override { begin({.removal = true, .order = std::move(order)}); }
  std::optional<CuttingOutcome> take_outcome() override;
  std::string fault() const override;

 private:
  struct Step {
    bool removal = false;
    CuttingOrder order;
  };
  void begin(Step step);
  void work(const std::stop_token& stop);
  tl::expected<CuttingOutcome, nft::Error> carry_out(const Step& step);
  tl::expected<CuttingOutcome, nft::Error> find_some(const CuttingOrder& order, const Neighbourhood& neighbourhood);
  tl::expected<CuttingOutcome, nft::Error> remove_found(const CuttingOrder& order, const Neighbourhood& neighbourhood);
  bool is_revival(const nft::Connection& connection, const Neighbourhood& neighbourhood,
                  const nft::Simulation& rules) const;
  void remember(const std::vector<nft::Connection>& removed);
  void note(const std::string& fault);

  Log log_;
  Metrics& metrics_;
  std::function<void()> done_;
  // Used by the thread alone.
  std::optional<nft::ConntrackTable> connections_;
  std::vector<nft::Connection> found_;
  Time found_from_{};  // when the search began that found them
  struct Removed {
    nft::Connection connection;
    Time watched_until{};
  };
  std::map<nft::Tuple, Removed> removed_;  // but TCP, by the tuple by which an answer begins it anew

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string fault_;
  std::optional<Step> step_;
  std::optional<CuttingOutcome> outcome_;
  Time rested_at_{};
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace selvedge::agent
