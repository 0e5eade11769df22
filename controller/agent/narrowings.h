// Keeps in mind whose connections are in doubt until they are judged and cut: what the writes of the rules took away,
// and which addresses have lost their pods.
//
//   in doubt ─► find ─► found ─► its ends suspected, until the rules for them are in force ─► remove
//                └► nothing: nothing is written
//
// A second later it looks again, for packets that were on their way by the rules of before: they can begin a
// connection while the first search is at it; and again for as long as something had begun anew. What failed is tried
// again after five seconds. For as long as TCP may try again the ends stay suspected (controller/revivals.h).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "controller/agent/cutting_order.h"
#include "controller/core.h"
#include "controller/revivals.h"
#include "nft/changes.h"
#include "nft/programmed.h"

namespace selvedge::agent {

// Not thread-safe. Without a cutter it does nothing; `cutting` must outlive it.
class Narrowings {
 public:
  using Time = Cutting::Time;

  // Longer than TCP sends a segment again and again (Linux, tcp_retries2: about 15 minutes).
  static constexpr std::chrono::minutes suspicion{16};
  static constexpr std::chrono::seconds second_look{1};
  static constexpr std::chrono::seconds after_a_failure{5};

  Narrowings(Cutting* cutting, std::string bridge) : cutting_(cutting), bridge_(std::move(bridge)) {}

  // After the table was read: a predecessor's suspects stay suspected, for as long as new ones.
  void adopted(const nft::Programmed& programmed, Time now);

  // What is to be written beside what the core says.
  nft::Table with_suspects(nft::Table table) const { return selvedge::with_suspects(std::move(table), wanted_); }
  nft::Changes with_suspects(nft::Changes changes) const {
    if (!in_force_.empty()) return keeping_rules(std::move(changes));
    return changes;
  }

  // Where a pod went and the rules stay as they are: an address of no range that is guarded.
  void follow(const Core& core) {
    if (cutting_ != nullptr) compare_addresses(core);
  }

  // After the kernel took them.
  void wrote(const nft::Changes& changes, const nft::Programmed& programmed, const Core& core);
  void wrote_everything(const Core& core);

  // Hears what the cutter has found. What is to be written for suspects that are not in force, or no longer are any;
  // and after the kernel took it.
  nft::Changes changes_for_suspects(const nft::Programmed& programmed, Time now);
  void wrote_suspects() { in_force_ = wanted_; }

  // Tells the cutter the next step, if there is one and all suspects are in force.
  void settle(const nft::Programmed& programmed, const Core& core, Time now);
  std::optional<Time> wake(Time now) const;  // when one of these two has something to do

  std::string fault() const { return cutting_ == nullptr ? "" : cutting_->fault(); }

 private:
  struct Again {
    Doubt about;
    Time at{};
  };
  enum class Stage { idle, finding, found, removing };

  void compare_addresses(const Core& core);
  void hear(Time now);
  void update_suspects(const nft::Programmed& programmed, Time now);
  CuttingOrder order(const nft::Programmed& programmed, const Core& core) const;
  Time due_at() const;

  Cutting* cutting_;
  std::string bridge_;
  std::set<nft::Address> pods_;  // as of the last write
  Doubt doubt_;                  // to be looked at as soon as may be
  std::optional<Again> again_;
  Stage stage_ = Stage::idle;
  Doubt sought_;     // what the cutter is told of, unless it is idle
  bool all_ = true;  // of that was found
  std::map<std::pair<Direction, nft::Address>, Time> suspected_until_;
  Suspects wanted_;
  Suspects in_force_;
};

}  // namespace selvedge::agent
