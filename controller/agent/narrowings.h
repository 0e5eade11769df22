// Keeps in mind whose connections are in doubt until they can be judged: what the writes of the rules took away, and
// which addresses have lost their pods. And for as long as TCP may try again, whose cut ones must not come to life
// from their other end (controller/revivals.h): those rules are written before anything is cut.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

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
  void wrote(const nft::Changes& changes, const nft::Programmed& programmed, const Core& core, Time now);
  // `altered`: the table was another before, nobody knows in what.
  void wrote_everything(const nft::Programmed& programmed, const Core& core, Time now, bool altered);

  // What is to be written for suspects that are not in force, or no longer are any; and after the kernel took it.
  nft::Changes changes_for_suspects(const nft::Programmed& programmed, Time now);
  void wrote_suspects() { in_force_ = wanted_; }

  // Hands an order over, if there is something to do, somebody to do it, and all suspects are in force.
  void settle(const nft::Programmed& programmed, const Core& core, Time now);
  std::optional<Time> wake(Time now) const;  // when one of these two has something to do

  std::string fault() const { return cutting_ == nullptr ? "" : cutting_->fault(); }

 private:
  void compare_addresses(const Core& core);
  void suspect(const nft::Programmed& programmed, Time now);
  bool is_due() const { return !narrowed_.empty() || !released_.empty(); }

  Cutting* cutting_;
  std::string bridge_;
  std::set<nft::Address> pods_;  // as of the last write
  nft::Narrowing narrowed_;
  std::set<nft::Address> released_;
  std::map<nft::Address, Time> suspected_until_;
  Suspects wanted_;
  Suspects in_force_;
};

}  // namespace selvedge::agent
