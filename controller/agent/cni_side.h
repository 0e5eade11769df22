// What `run` does for the CNI plugin, all together: the socket, what stands behind it, and the plugin's own place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "controller/agent/admissions.h"
#include "controller/agent/cni_server.h"
#include "controller/agent/event_queue.h"
#include "controller/agent/options.h"
#include "controller/agent/plugin_keeper.h"
#include "controller/agent/policy_reader.h"

namespace selvedge::agent {

// The file beside the socket that keeps what the plugin told.
std::string attachments_file(const std::string& socket);

class CniSide {
 public:
  // To be called before the loop begins, and destroyed after it has ended. `reconciler` and `queue` must outlive it.
  // Null: the options say that there is no plugin. One that cannot be heard is logged, and enforcement goes on. The
  // error says what of the options cannot be.
  static tl::expected<std::unique_ptr<CniSide>, std::string> start(const RunOptions& options, Reconciler& reconciler,
                                                                   EventQueue& queue, const Log& log);
  Admissions& admissions() { return admissions_; }

  std::string fault() const;  // why pods that start do not wait for their rules; empty: they do. From any thread

 private:
  CniSide(Reconciler& reconciler, Attachments attachments, std::unique_ptr<k8s::Transport> transport, EventQueue& queue,
          const Log& log);

  Admissions admissions_;
  PolicyReader policies_;
  std::unique_ptr<CniServer> server_;  // null: the plugin cannot be heard
  std::string deafness_;               // why
  std::optional<PluginKeeper> keeper_;
};

}  // namespace selvedge::agent
