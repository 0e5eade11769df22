#include "controller/agent/denial_side.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace selvedge::agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds retry{10'000};  // where the group cannot be heard

const char* message_of(Denial denial) {
  return denial == Denial::audit ? "denied by policy, but let pass: its namespace is audited" : "denied";
}

LogLine line_of(const DenialCase& one) {
  LogLine line{LogLevel::info, message_of(one.kind.denial), {{"by", std::string(to_string(one.kind.denial))}}};
  if (one.kind.direction) line.fields.emplace_back("direction", std::string(to_string(*one.kind.direction)));
  if (one.pod) line.fields.emplace_back("pod", k8s::to_string(*one.pod));
  if (!one.pod) line.fields.emplace_back("address", nft::to_string(one.kind.own));
  line.fields.emplace_back("peer", one.peer.empty() ? nft::to_string(one.kind.peer) : one.peer);
  line.fields.emplace_back("port", port_of(one.kind));
  line.fields.emplace_back("packets", std::to_string(one.count));
  std::string policies;
  for (const auto& policy : one.isolated_by) policies += (policies.empty() ? "" : ",") + k8s::to_string(policy);
  if (!policies.empty()) line.fields.emplace_back("isolated_by", policies);
  return line;
}

}  // namespace

DenialSide::DenialSide(const DenialTelling& telling, std::unique_ptr<EventWriter> events, Log log,
                       std::function<void()> wake)
    : telling_(telling),
      events_(std::move(events)),
      log_(std::move(log)),
      wake_(std::move(wake)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      hearing_([this] { hear(); }),
      telling_thread_([this] { tell(); }) {}

DenialSide::~DenialSide() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  eventfd_write(stop_, 1);
  news_.notify_all();
  if (events_) events_->stop();
  hearing_.join();
  telling_thread_.join();
  close(stop_);
}

std::string DenialSide::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

bool DenialSide::wait_for(int fd, std::chrono::milliseconds longest) const {
  pollfd ready[] = {{.fd = stop_, .events = POLLIN, .revents = 0}, {.fd = fd, .events = POLLIN, .revents = 0}};
  poll(ready, fd < 0 ? 1 : 2, static_cast<int>(longest.count()));
  return ready[0].revents == 0;
}

void DenialSide::hear() {
  pthread_setname_np(pthread_self(), "denials");
  do {
    auto listener = nft::NflogListener::open({.group = telling_.group});
    const std::string fault = listener ? "" : listener.error().message;
    const std::string before = [&] {
      const std::lock_guard lock(mutex_);
      return std::exchange(fault_, fault);
    }();
    if (!fault.empty() && fault != before)
      log_({LogLevel::warning, "denials are not heard of; it is tried again", {{"detail", fault}}});
    if (listener) listen(std::move(*listener));
  } while (wait_for(-1, retry));
}

void DenialSide::listen(nft::NflogListener listener) {
  DenialBook book;
  Clock::time_point due{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    const bool pending = !book.empty();
    if (!wait_for(listener.fd(), pending ? std::clamp(left, std::chrono::milliseconds(0), telling_.pause)
                                         : std::chrono::milliseconds(60'000)))
      return;
    auto heard = listener.take();
    if (!heard) {
      log_({LogLevel::warning, "denials are not heard of; it is tried again", {{"detail", heard.error().message}}});
      return;
    }
    book.add(*heard);
    if (book.empty() || Clock::now() < due) continue;
    hand_over(book);
    due = Clock::now() + telling_.pause;
  }
}

// What the loop has not named yet stays where it is: the book goes on counting.
void DenialSide::hand_over(DenialBook& book) {
  {
    const std::lock_guard lock(mutex_);
    if (nameless_) return;
    nameless_ = book.take();
  }
  wake_();
}

void DenialSide::name(const NameDenial& name) {
  std::optional<DenialBatch> batch;
  {
    const std::lock_guard lock(mutex_);
    if (!nameless_ || named_) return;
    batch = std::exchange(nameless_, std::nullopt);
  }
  for (DenialCase& one : batch->cases) one = name(std::move(one));
  const std::lock_guard lock(mutex_);
  named_ = std::move(batch);
  news_.notify_all();
}

void DenialSide::tell() {
  pthread_setname_np(pthread_self(), "denials-told");
  while (true) {
    DenialBatch batch;
    {
      std::unique_lock lock(mutex_);
      news_.wait(lock, [this] { return over_ || named_; });
      if (over_) return;
      batch = *std::exchange(named_, std::nullopt);
    }
    tell(batch);
    wake_();  // another one may wait for names
  }
}

void DenialSide::tell(const DenialBatch& batch) {
  if (telling_.in_log) {
    for (const DenialCase& one : batch.cases) log_(line_of(one));
    if (batch.others > 0)
      log_({LogLevel::info, "denied, of further kinds", {{"packets", std::to_string(batch.others)}}});
  }
  if (batch.lost > 0)
    log_({LogLevel::warning,
          "more was denied than could be heard of; the counters tell how much",
          {{"packets", std::to_string(batch.lost)}}});
  if (events_) events_->write(batch);
}

}  // namespace selvedge::agent
