// The policies that the kernel will not have, and when each is tried again: the
// refusal may have been of the moment (memory, a kernel that is another by now).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "controller/agent/watch_states.h"
#include "k8sclient/types.h"

namespace selvedge::agent {

// Not thread-safe.
class Refusals {
 public:
  // After the first refusal in two minutes, then in twice as long each time, an hour at most.
  void refused(const k8s::ObjectKey& policy, Time now);
  // One of several of which some one is to blame: tried again alone, and soon.
  void suspected(const std::vector<k8s::ObjectKey>& policies, Time now);

  std::vector<k8s::ObjectKey> due(Time now);       // they are on trial from now on
  void passed();                                   // a write succeeded: those on trial are free
  bool forget(const k8s::ObjectKey& policy);       // it is another now, or gone; whether it was refused
  bool holds(const k8s::ObjectKey& policy) const;  // and it is not on trial
  std::vector<k8s::ObjectKey> on_trial() const;
  std::size_t size() const { return sentences_.size(); }  // those on trial, too

  std::optional<Time> wake() const;  // when the next one is due

 private:
  struct Sentence {
    std::chrono::seconds wait{};
    Time until{};
    bool on_trial = false;
  };
  std::map<k8s::ObjectKey, Sentence> sentences_;
};

}  // namespace selvedge::agent
