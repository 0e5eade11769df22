// Denials as Kubernetes Events, which `kubectl describe pod` and `kubectl get events` show: one for each pod, direction
// and peer, whose count grows. Nothing rests on them: what cannot be written is dropped, and said once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "controller/agent/denial_book.h"
#include "controller/agent/log.h"
#include "k8sclient/transport.h"

namespace selvedge::agent {

// Not thread-safe, but for stop(). An Event lives for an hour in most clusters; it is made anew then.
class EventWriter {
 public:
  using Now = std::function<std::chrono::system_clock::time_point()>;
  static constexpr std::size_t most_a_minute = 30;  // requests
  static constexpr std::size_t most_kept = 1000;    // Events whose counts are known

  EventWriter(std::unique_ptr<k8s::Transport> transport, std::string node, Now now, Log log);

  // Those of known pods alone. Waits for the API server, up to some seconds for each.
  void write(const DenialBatch& batch);
  void stop() { transport_->interrupt(); }  // all requests end, now and later; from any thread

 private:
  using Time = std::chrono::system_clock::time_point;
  using Subject = std::tuple<std::string, Direction, Denial, std::string>;  // pod's uid, …, peer
  struct Written {
    std::string name;
    std::uint64_t count = 0;
    Time first{}, last{};
    bool there = false;  // the API server has it
    std::string message{};
  };
  struct Reply {
    int status = 0;  // 0: none came
    std::string text;
  };

  void write(const DenialCase& one);
  bool create(const DenialCase& one, Written& event);
  bool grow(const DenialCase& one, Written& event);
  Reply ask(k8s::Request request);
  void complain(const char* verb, const Reply& reply);
  bool may_ask();
  void forget_old();
  std::string body_of(const DenialCase& one, const Written& event) const;

  std::unique_ptr<k8s::Transport> transport_;
  std::string node_;
  Now now_;
  Log log_;
  Time began_;
  std::map<Subject, Written> written_;
  Time minute_{};
  std::size_t asked_ = 0;        // in this minute
  std::uint64_t held_back_ = 0;  // Events that were not written in it
  std::string complaint_;        // the last one; empty: all is well
};

}  // namespace selvedge::agent
