// Keeps the kernel's table in step with what the API says, or leaves it alone.
//
//   events ─► core ─► changes ─► kernel        when all is known and well
//                 └─► whole table ─► kernel    at first, and after a failed write
//
// The surprise is how often it must not write: rules that a predecessor left, or
// that were right a moment ago, protect better than rules from half the truth.
// So nothing is written before all four watches have synced and our Node exists,
// while an object cannot be named, or while the Node is gone. But for the guard alone: where
// the node has no table yet and no pod, as after a reboot, it closes the pods to come.
//
// A policy that the kernel refuses is closed by itself, so that the others go on.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/agent/backoff.h"
#include "controller/agent/drift.h"
#include "controller/agent/health.h"
#include "controller/agent/log.h"
#include "controller/agent/metrics.h"
#include "controller/agent/narrowings.h"
#include "controller/agent/policy_digest.h"
#include "controller/agent/problem_log.h"
#include "controller/agent/refusals.h"
#include "controller/agent/surroundings.h"
#include "controller/agent/watch_states.h"
#include "controller/core.h"
#include "k8sclient/events.h"
#include "nft/programmed.h"

namespace selvedge::agent {

using Clock = std::function<Time()>;

using Glance = std::function<std::optional<Glimpse>()>;  // none: the kernel could not be asked

// Not thread-safe: one thread feeds and settles it. `backend`, `metrics` and `cutting` must outlive it. Settings::node
// must be set. Without `cutting`, connections that were allowed once go on until they end.
class Reconciler {
 public:
  Reconciler(const Settings& settings, nft::Backend& backend, Glance glance, Clock clock, Log log, Metrics& metrics,
             Cutting* cutting = nullptr);

  void take(k8s::Event event);
  void observe(Surroundings surroundings);
  void attach(const Attachment& attachment) {
    ++pod_events_;
    problems_due_ = true;
    core_.attach(attachment);
  }
  void detach(const k8s::ObjectKey& pod, const std::string& id, Ending ending = Ending::concluded) {
    ++pod_events_;
    problems_due_ = true;
    core_.detach(pod, id, ending);
  }
  void look();  // whether the table is as it was left: `nft flush ruleset` wipes every table (semantics 102), and
                // what somebody edits inside it may let packets through; to be called each second

  // Brings the kernel in step with all events taken so far, if it may; else does nothing. To be called after
  // each burst of events, and at wake().
  void settle();

  std::optional<Time> wake() const;  // when settle() has something to do even if no event comes
  Readiness readiness() const;
  bool listing() const { return !watches_.synced(); }  // nothing is written before the first lists are complete
  // After settle(): the kernel holds what follows from all that was taken in.
  bool in_force() const { return may_write() && in_step_; }
  bool knows_pod(const k8s::ObjectKey& pod, const std::string& uid) const { return core_.knows_pod(pod, uid); }
  bool vouches_for(const Attachment& attachment) const { return core_.vouches_for(attachment); }
  // After settle(): of this node's pods the one whose rules hold at the address; none: nobody's do.
  std::optional<k8s::ObjectKey> ruler(const nft::Address& address, Direction direction) const {
    return core_.ruler(address, direction);
  }
  bool in_contact() const { return watches_.synced() && watches_.untroubled(); }  // what is known is the present
  bool holds(const std::string& ns, const PolicyDigests& policies) const;  // these, and no others of this namespace
  bool has_local_pods() const { return core_.local_pods() > 0; }
  bool knows_flannels_ranges() const { return !surroundings_.pod_ranges.empty(); }
  const std::vector<nft::Prefix>& pod_ranges() const { return core_.guarded(); }
  PodAddresses pod_addresses() const { return core_.pod_addresses(); }
  std::size_t pod_events() const { return pod_events_; }  // taken so far: after none pod_addresses() is the same

 private:
  // What the guard alone is made of.
  struct Guarding {
    std::vector<nft::Prefix> ranges;
    bool ipvs = false;
    bool operator==(const Guarding&) const = default;
  };

  void apply(k8s::Upserted event);
  void apply(const k8s::Deleted& event);
  void apply(const k8s::Synced& event);
  void apply(const k8s::Unreadable& event);
  void apply(const k8s::Trouble& event);

  void note(const k8s::NetworkPolicy& policy);
  bool may_write() const;
  void write();
  bool guard_alone_is_due() const;
  tl::expected<void, nft::Error> write_guard_alone();
  tl::expected<void, nft::Error> write_changes();
  tl::expected<void, nft::Error> write_everything();
  tl::expected<void, nft::Error> write_suspects();
  bool is_as_it_was_left(const Glimpse& glimpse);
  void left();
  void log_written(const nft::Changes& changes, Time started) const;
  void succeeded();
  void failed(const nft::Error& error);
  void stop_logging(const nft::Error& error);
  std::vector<k8s::ObjectKey> to_blame(const nft::Error& error) const;
  void close(const std::vector<k8s::ObjectKey>& policies, const nft::Error& error);
  void report_problems();
  void log_if(const std::optional<LogLine>& line) const;

  Settings settings_;
  Core core_;
  nft::Programmed programmed_;
  Glance glance_;
  Clock clock_;
  Log log_;
  Metrics& metrics_;

  WatchStates watches_;
  ProblemLog problems_;
  Refusals refusals_;
  Surroundings surroundings_;
  std::size_t pod_events_ = 0;
  std::size_t followed_events_ = 0;      // of those, when connections were last asked whose addresses are gone
  PolicyDigests policies_;               // to tell a change from a repetition
  std::map<k8s::ObjectKey, bool> news_;  // policies changed since the last write; true: there, false: gone
  std::optional<Guarding> guarding_;     // it has held the guard alone, last this
  bool begun_ = false;                   // the kernel has held core_'s table once
  bool in_step_ = false;                 // and it has been left alone since, and no write failed
  bool meddled_ = false;                 // somebody else changed it, and it is not restored yet
  std::optional<std::string> left_as_;   // the shape of the table after the last write
  Drift drift_;
  Narrowings narrowings_;
  bool problems_due_ = false;
  Time problems_at_{};
  bool logs_;            // as it was told
  std::string failure_;  // of the last write; empty: it succeeded
  Time retry_at_{};
  Backoff backoff_;
};

}  // namespace selvedge::agent
