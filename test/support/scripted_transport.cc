// Answers come from a function of the request, so that a script may depend on
// what was asked.
#include "test/support/scripted_transport.h"

#include <chrono>
#include <utility>

namespace selvedge::k8s {

namespace {

tl::unexpected<TransportError> stopped() {
  return tl::unexpected(TransportError{.kind = TransportError::Kind::stopped, .message = "interrupted"});
}

}  // namespace

std::vector<Request> Script::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

bool Script::wait_for_requests(std::size_t number) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_.size() >= number; });
}

ScriptedAnswer Script::answer(const Request& request) {
  const std::lock_guard lock(mutex_);
  asked_.push_back(request);
  changed_.notify_all();
  return answering_(request);
}

tl::expected<ResponseHead, TransportError> ScriptedTransport::get(
    const Request& request, const std::function<void(const ResponseHead&)>& on_head,
    const std::function<bool(std::string_view)>& on_data) {
  if (interrupted()) return stopped();
  const ScriptedAnswer answer = script_->answer(request);
  const ResponseHead head{.status = answer.status, .headers = answer.headers};
  if (!answer.no_head) on_head(head);
  for (const std::string& chunk : answer.chunks) {
    if (interrupted()) return stopped();
    if (!on_data(chunk)) return head;
  }
  if (answer.open) {
    wait_for_interrupt();
    return stopped();
  }
  if (answer.error) return tl::unexpected(*answer.error);
  return head;
}

void ScriptedTransport::interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

bool ScriptedTransport::interrupted() const {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

void ScriptedTransport::wait_for_interrupt() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return interrupted_; });
}

}  // namespace selvedge::k8s
