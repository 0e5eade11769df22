// Between the reflectors' threads and the one that reconciles: a queue that
// keeps only the latest of what it is told about an object. That loses nothing:
// the rules are a function of the present.
//
// It is bounded: while many objects of a kind wait, whoever brings another one
// waits, too, and with him the connection that he reads from. So the list of a
// big cluster passes through, however fast it comes, and is never all in it.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "k8sclient/events.h"

namespace selvedge::agent {

// All members may be called from any thread.
class EventQueue {
 public:
  // Objects of one kind (some 2 kB each); of each kind by itself, so that no burst of pods holds up a policy.
  static constexpr std::size_t most_waiting = 1024;

  // Waits while there is no room for another object of its kind, until there is or the queue is closed; what comes
  // after that is dropped.
  void push(k8s::Event event);

  // Waits until there is an event, `deadline` has come or the queue is closed; then all there is, in order.
  std::vector<k8s::Event> take(std::chrono::steady_clock::time_point deadline);

  void close();  // nobody waits any longer
  bool closed() const;

 private:
  // What an event replaces: the former one of the same object, or of the same sort about the same kind.
  using Subject = std::tuple<std::size_t, k8s::Kind, k8s::ObjectKey>;
  static Subject subject_of(const k8s::Event& event);
  std::size_t& waiting(k8s::Kind kind) { return waiting_.at(static_cast<std::size_t>(kind)); }

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable room_;
  std::list<k8s::Event> events_;
  std::map<Subject, std::list<k8s::Event>::iterator> latest_;
  std::array<std::size_t, 5> waiting_{};  // objects, by kind
  bool closed_ = false;
};

}  // namespace selvedge::agent
