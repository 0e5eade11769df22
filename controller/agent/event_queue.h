// Between the reflectors' threads and the one that reconciles: a queue that
// keeps only the latest of what it is told about an object, so that it never
// holds more than the cluster has objects, however long a kernel write takes.
// That loses nothing: the rules are a function of the present.
#pragma once

#include <chrono>
#include <condition_variable>
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
  void push(k8s::Event event);

  // Waits until there is an event, `deadline` has come or the queue is closed; then all there is, in order.
  std::vector<k8s::Event> take(std::chrono::steady_clock::time_point deadline);

  void close();  // take() no longer waits
  bool closed() const;

 private:
  // What an event replaces: the former one of the same object, or of the same sort about the same kind.
  using Subject = std::tuple<std::size_t, k8s::Kind, k8s::ObjectKey>;
  static Subject subject_of(const k8s::Event& event);

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::list<k8s::Event> events_;
  std::map<Subject, std::list<k8s::Event>::iterator> latest_;
  bool closed_ = false;
};

}  // namespace selvedge::agent
