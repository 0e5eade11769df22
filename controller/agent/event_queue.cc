#include "controller/agent/event_queue.h"

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
                                 return Subject{0, k8s::kind_of(e.object), k8s::meta_of(e.object).key()};
                               },
                               [](const k8s::Deleted& e) {
                                 return Subject{0, e.kind, e.key};
                               },
                               [&](const auto& e) {
                                 return Subject{event.index(), e.kind, {}};
                               }},
                    event);
}

// An object's later event takes the former's place, before any Synced that followed it. What is said
// about a whole kind goes to the end, behind all that came before it.
void EventQueue::push(k8s::Event event) {
  {
    std::unique_lock lock(mutex_);
    Subject subject = subject_of(event);
    const bool about_object = std::get<0>(subject) == 0;
    const k8s::Kind kind = std::get<1>(subject);
    auto former = latest_.find(subject);
    if (about_object && former == latest_.end()) {
      room_.wait(lock, [&] { return closed_ || waiting(kind) < most_waiting; });
      former = latest_.find(subject);
    }
    if (closed_) return;
    if (former != latest_.end() && about_object) {
      *former->second = std::move(event);
    } else {
      if (former != latest_.end()) events_.erase(former->second);
      events_.push_back(std::move(event));
      latest_.insert_or_assign(std::move(subject), std::prev(events_.end()));
      if (about_object) ++waiting(kind);
    }
  }
  arrived_.notify_one();
}

std::vector<k8s::Event> EventQueue::take(std::chrono::steady_clock::time_point deadline) {
  std::list<k8s::Event> events;
  {
    std::unique_lock lock(mutex_);
    arrived_.wait_until(lock, deadline, [&] { return closed_ || !events_.empty(); });
    latest_.clear();
    waiting_.fill(0);
    events.swap(events_);
  }
  room_.notify_all();
  return {std::make_move_iterator(events.begin()), std::make_move_iterator(events.end())};
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
