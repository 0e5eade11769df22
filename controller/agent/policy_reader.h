// The policies of one namespace as the API server has them at this moment: what a watch cannot tell, since a quiet one
// may be quiet because nothing happens or because it is late. Costs one GET for each pod that starts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include <tl/expected.hpp>

#include "controller/agent/policy_digest.h"
#include "k8sclient/transport.h"

namespace selvedge::agent {

// All members may be called from any thread; one read at a time.
class PolicyReader {
 public:
  explicit PolicyReader(std::unique_ptr<k8s::Transport> transport) : transport_(std::move(transport)) {}

  // Gives up soon after `deadline`; the error says why, and that another one took all the time.
  tl::expected<PolicyDigests, std::string> policies_of(const std::string& ns,
                                                       std::chrono::steady_clock::time_point deadline);
  void stop() { transport_->interrupt(); }  // all reads end, now and later

 private:
  tl::expected<PolicyDigests, std::string> read(const std::string& ns, std::chrono::steady_clock::time_point deadline);

  std::unique_ptr<k8s::Transport> transport_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool reading_ = false;
};

}  // namespace selvedge::agent
