// What to do is ListWatch's to say; here is only the doing: requests, clock,
// chance, waiting.
#include "k8sclient/reflector.h"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <utility>

#include "k8sclient/list_watch.h"

namespace selvedge::k8s {

namespace {

using Clock = std::chrono::steady_clock;

void wait(const std::stop_token& stop, std::chrono::milliseconds length) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, length, [] { return false; });
}

class Drive {
 public:
  Drive(Collection collection, Transport& transport, Listener listener)
      : machine_(std::move(collection)), transport_(transport), listener_(std::move(listener)) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const ListWatch::Step step = machine_.next(chance_(random_));
      if (const auto* pause = std::get_if<ListWatch::Wait>(&step)) {
        wait(stop, pause->length);
      } else if (!ask(std::get<Request>(step), stop)) {
        return;
      }
    }
  }

 private:
  // false: the transport was stopped.
  bool ask(const Request& request, const std::stop_token& stop) {
    const auto result = transport_.get(
        request,
        [&](const ResponseHead& head) {
          machine_.head(head, Clock::now());
          tell(stop);
        },
        [&](std::string_view chunk) {
          const bool more = machine_.data(chunk, Clock::now());
          tell(stop);
          return more && !stop.stop_requested();
        });
    if (!result && result.error().kind == TransportError::Kind::stopped) return false;
    machine_.end(result, Clock::now());
    tell(stop);
    return true;
  }

  void tell(const std::stop_token& stop) {
    for (Event& event : machine_.take_events()) {
      if (stop.stop_requested()) return;
      listener_(std::move(event));
    }
  }

  ListWatch machine_;
  Transport& transport_;
  Listener listener_;
  std::mt19937_64 random_{std::random_device{}()};
  std::uniform_real_distribution<double> chance_{0.0, 1.0};
};

}  // namespace

// The thread is called "pods", "networkpolicies", … in /proc and `top -H`; a longer name would be refused.
Reflector::Reflector(Collection collection, std::unique_ptr<Transport> transport, Listener listener)
    : transport_(std::move(transport)),
      thread_([name = plural_of(collection.kind),
               drive = std::make_unique<Drive>(std::move(collection), *transport_, std::move(listener))](
                  const std::stop_token& stop) {
        pthread_setname_np(pthread_self(), name.c_str());
        drive->run(stop);
      }) {}

Reflector::~Reflector() {
  stop();
}

void Reflector::stop() {
  thread_.request_stop();
  transport_->interrupt();
  if (thread_.joinable()) thread_.join();
}

}  // namespace selvedge::k8s
