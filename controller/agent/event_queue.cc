#include "controller/agent/event_queue.h"

#include <algorithm>
#include <iterator>

namespace selvedge::agent {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

EventQueue::Subject EventQueue::subject_of(const k8s::Event& event) {
  return std::visit(Overloaded{[](const k8s::Upserted& e) {
                                 const k8s::Meta& meta = k8s::meta_of(e.object);
                                 return Subject{0, k8s::kind_of(e.object), meta.ns, meta.name};
                               },
                               [](const k8s::Deleted& e) {
                                 return Subject{0, e.kind, e.key.ns, e.key.name};
                               },
                               [&](const auto& e) {
                                 return Subject{event.index(), e.kind, {}, {}};
                               }},
                    event);
}

// An object's later event takes the former's place, before any Synced that followed it. What is said
// about a whole kind goes to the end, behind all that came before it.
void EventQueue::push(k8s::Event event) {
  bool enough = false;
  {
    std::unique_lock lock(mutex_);
    const Subject subject = subject_of(event);
    const bool about_object = subject.sort == 0;
    const k8s::Kind kind = subject.kind;
    auto former = latest_.find(subject);
    if (about_object && former == latest_.end()) {
      room_.wait(lock, [&] { return closed_ || waiting(kind) < most_waiting; });
      former = latest_.find(subject);
    }
    if (closed_) return;
    if (former != latest_.end() && about_object) {
      **former = std::move(event);
    } else {
      if (former != latest_.end()) events_.erase(latest_.extract(former).value());
      latest_.insert(events_.insert(events_.end(), std::move(event)));
      if (about_object) ++waiting(kind);
      word_ = word_ || !about_object;
    }
    enough = is_enough();
  }
  if (enough) arrived_.notify_one();
}

std::list<k8s::Event> EventQueue::take(std::chrono::steady_clock::time_point deadline, std::size_t enough) {
  std::list<k8s::Event> events;
  decltype(latest_) latest;  // to be freed outside the lock
  {
    std::unique_lock lock(mutex_);
    enough_ = std::min(enough, most_waiting);
    arrived_.wait_until(lock, deadline, [&] { return closed_ || is_enough(); });
    latest.swap(latest_);
    waiting_.fill(0);
    word_ = false;
    events.swap(events_);
  }
  room_.notify_all();
  return events;
}

void EventQueue::nudge() {
  {
    const std::lock_guard lock(mutex_);
    word_ = true;
  }
  arrived_.notify_one();
}

void EventQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
  room_.notify_all();
}

bool EventQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace selvedge::agent
