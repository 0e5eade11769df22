#include "controller/agent/policy_reader.h"

#include <algorithm>
#include <variant>

#include "k8sclient/reflector.h"

namespace selvedge::agent {
namespace {

using Time = std::chrono::steady_clock::time_point;

// A list may take a minute; who waits here has less.
class Hasty final : public k8s::Transport {
 public:
  Hasty(k8s::Transport& transport, Time deadline) : transport_(transport), deadline_(deadline) {}

  tl::expected<k8s::ResponseHead, k8s::TransportError> get(
      const k8s::Request& request, const std::function<void(const k8s::ResponseHead&)>& on_head,
      const std::function<bool(std::string_view)>& on_data) override {
    const auto left = deadline_ - std::chrono::steady_clock::now();
    k8s::Request hasty = request;
    hasty.silence = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                               std::chrono::milliseconds(1), request.silence);
    return transport_.get(hasty, on_head, [&](std::string_view data) {  // what trickles is never silent
      return std::chrono::steady_clock::now() < deadline_ && on_data(data);
    });
  }
  void interrupt() override { transport_.interrupt(); }

 private:
  k8s::Transport& transport_;
  Time deadline_;
};

}  // namespace

tl::expected<PolicyDigests, std::string> PolicyReader::policies_of(const std::string& ns, Time deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!ended_.wait_until(lock, deadline, [this] { return !reading_; }))
      return tl::unexpected(std::string("the API server takes too long to tell the policies of other namespaces"));
    reading_ = true;
  }
  auto policies = read(ns, deadline);
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
  }
  ended_.notify_one();
  return policies;
}

tl::expected<PolicyDigests, std::string> PolicyReader::read(const std::string& ns, Time deadline) {
  Hasty hasty(*transport_, deadline);
  const auto listed = k8s::list_once({.kind = k8s::Kind::network_policy, .field_selector = "", .ns = ns}, hasty);
  if (!listed) return tl::unexpected(listed.error());
  PolicyDigests digests;
  for (const k8s::Decoded& decoded : *listed) {
    const auto* policy = std::get_if<k8s::NetworkPolicy>(&decoded.object);
    if (policy) digests.emplace(policy->meta.key(), digest_of(*policy));
  }
  return digests;
}

}  // namespace selvedge::agent
