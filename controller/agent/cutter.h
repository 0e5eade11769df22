// Cuts connections in a thread and over a socket of its own: to read 200,000 of them takes half a second, for which no
// pod's rules shall wait.
//
//   order ─► read all ─► those in doubt ─► judged by the rules ─► removed     at once, and once more after a second
//
// The second time is for packets that were on their way by the rules of before: they can begin a connection while
// the first is at it. What failed is kept and tried again after five seconds. It rests twice as long as it worked, so
// that a storm of changes costs a third of a processor.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

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
  // Works in the network namespace of the calling thread. Without the privilege, or where the kernel has no netlink
  // conntrack, it keeps what it was ordered, and fault() says so.
  Cutter(Log log, Metrics& metrics);
  ~Cutter() override;  // ends within the time that one reading and 50,000 removals take
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  Time ready_at() const override;
  void carry_out(CuttingOrder order) override;
  std::string fault() const override;

 private:
  void work(const std::stop_token& stop);
  bool cut(const CuttingOrder& order, const std::stop_token& stop);  // false: it failed, and is due again
  tl::expected<std::size_t, nft::Error> remove_all(const CuttingOrder& order, const std::stop_token& stop);
  struct Some {
    std::size_t found = 0, removed = 0;
  };
  tl::expected<Some, nft::Error> remove_some(const CuttingOrder& order, const Neighbourhood& neighbourhood,
                                             const nft::Simulation& rules);
  void note(const std::string& fault);

  Log log_;
  Metrics& metrics_;
  std::optional<nft::ConntrackTable> connections_;  // used by the thread alone

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string fault_;
  std::optional<CuttingOrder> order_;
  bool working_ = false;
  Time rested_at_{};
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace selvedge::agent
