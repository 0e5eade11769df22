// How well the four watches are: whether what they told is the whole present,
// and so whether rules may be written from it (architecture: no kernel write
// before every watch has synced once).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "controller/agent/health.h"
#include "controller/agent/log.h"
#include "controller/agent/metrics.h"
#include "k8sclient/events.h"

namespace selvedge::agent {

using Time = std::chrono::steady_clock::time_point;

// For this long a watch may be in trouble before the node counts as not ready: the rules are those of
// the last known state, which soon may not be the present.
constexpr std::chrono::seconds trouble_grace{30};

class WatchStates {
 public:
  WatchStates();

  // Each returns what is worth a line in the log, if anything.
  std::optional<LogLine> take(const k8s::Synced& event);
  std::optional<LogLine> take(const k8s::Unreadable& event);
  std::optional<LogLine> take(const k8s::Trouble& event, Time now);

  bool synced() const;  // all four, once at least
  bool synced(k8s::Kind kind) const;
  bool readable() const;    // no kind has an object that could not be named
  bool untroubled() const;  // no watch is in trouble

  void add_to(Readiness& readiness, Time now) const;
  void set(Metrics& metrics, Time now) const;

 private:
  struct State {
    bool synced = false;
    std::string unreadable;
    std::string trouble;
    Time since{};  // when `trouble` began
  };
  std::map<k8s::Kind, State> states_;
};

}  // namespace selvedge::agent
