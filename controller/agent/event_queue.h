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
#include <compare>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <set>
#include <string_view>

#include "k8sclient/events.h"

namespace selvedge::agent {

// All members may be called from any thread.
class EventQueue {
 public:
  // Objects of one kind (some 2 kB each); of each kind by itself, so that no burst of pods holds up a policy.
  static constexpr std::size_t most_waiting = 256;
  // Of a list that is under way, to be taken at once: to be woken for each would cost more than the object itself.
  static constexpr std::size_t handful = 128;

  // Waits while there is no room for another object of its kind, until there is or the queue is closed; what comes
  // after that is dropped.
  void push(k8s::Event event);

  // Waits until there are `enough` events, or one that is not about an object, `deadline` has come or the queue is
  // closed; then all there is, in order. More than most_waiting are never enough.
  std::list<k8s::Event> take(std::chrono::steady_clock::time_point deadline, std::size_t enough = 1);

  void nudge();  // who takes waits no longer this time, though there may be no event
  void close();  // nobody waits any longer
  bool closed() const;

 private:
  // What an event replaces: the former one of the same object (sort 0), or of the same sort about the same kind. The
  // names are the event's own.
  struct Subject {
    std::size_t sort = 0;
    k8s::Kind kind{};
    std::string_view ns, name;
    auto operator<=>(const Subject&) const = default;
  };
  static Subject subject_of(const k8s::Event& event);
  static Subject subject_of(const Subject& subject) { return subject; }
  static Subject subject_of(std::list<k8s::Event>::iterator event) { return subject_of(*event); }
  struct BySubject {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return subject_of(a) < subject_of(b); }
  };
  bool is_enough() const { return word_ || events_.size() >= enough_; }
  std::size_t& waiting(k8s::Kind kind) { return waiting_.at(static_cast<std::size_t>(kind)); }

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable room_;
  std::list<k8s::Event> events_;
  std::size_t enough_ = 1;  // that who takes waits for
  bool word_ = false;       // there is an event that is not about an object, or a nudge
  std::set<std::list<k8s::Event>::iterator, BySubject> latest_;  // all of events_
  std::array<std::size_t, 5> waiting_{};                         // objects, by kind
  bool closed_ = false;
};

}  // namespace selvedge::agent
