// What `run` does with denials, all together: a thread that hears of them and another that tells, in the log and as
// Kubernetes Events.
//
//   NFLOG ─► book ─► (the loop lends its names) ─► log, Events
//
// The loop that writes rules looks up a handful of names every few seconds and never waits for anything here.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <tl/expected.hpp>

#include "controller/agent/denial_book.h"
#include "controller/agent/event_writer.h"
#include "controller/agent/log.h"

namespace selvedge::agent {

// A case with the names that are known of it now.
using NameDenial = std::function<DenialCase(DenialCase)>;

struct DenialTelling {
  std::uint16_t group = 100;
  bool in_log = false;
  std::chrono::milliseconds pause{10'000};  // between two tellings; the first denial after a quiet time is told at once
};

class DenialSide {
 public:
  // Works in the network namespace of the calling thread. `events`: null, none are written. `wake` makes the loop call
  // name() soon, from any thread. A group that cannot be heard is logged, and tried again.
  DenialSide(const DenialTelling& telling, std::unique_ptr<EventWriter> events, Log log, std::function<void()> wake);
  ~DenialSide();
  DenialSide(const DenialSide&) = delete;
  DenialSide& operator=(const DenialSide&) = delete;

  void name(const NameDenial& name);  // by the loop's thread: what waits for names gets them

  std::string fault() const;  // why denials are not heard of; empty: they are. From any thread

 private:
  void hear();
  void listen(nft::NflogListener listener);
  bool wait_for(int fd, std::chrono::milliseconds longest) const;  // false: it is over
  void hand_over(DenialBook& book);
  void tell();
  void tell(const DenialBatch& batch);

  const DenialTelling telling_;
  const std::unique_ptr<EventWriter> events_;
  const Log log_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::string fault_;
  std::optional<DenialBatch> nameless_;
  std::optional<DenialBatch> named_;
  bool over_ = false;
  int stop_ = -1;  // an eventfd
  std::thread hearing_;
  std::thread telling_thread_;
};

}  // namespace selvedge::agent
