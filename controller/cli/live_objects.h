// The objects of a live cluster, kept up to date while a subcommand runs: listed, then watched, each kind in a thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/cli/command_line.h"
#include "k8sclient/reflector.h"

namespace selvedge::cli {

// All members may be called from any thread.
class LiveObjects {
 public:
  // Pods, Namespaces, NetworkPolicies, Nodes, and Services where they may be listed. The error says why the way to the
  // API server is not known.
  static tl::expected<std::unique_ptr<LiveObjects>, std::string> start(const Source& source);
  ~LiveObjects();
  LiveObjects(const LiveObjects&) = delete;
  LiveObjects& operator=(const LiveObjects&) = delete;

  // Until all is listed, Services aside where they may not be; false: `longest` has passed.
  bool wait_until_listed(std::chrono::milliseconds longest);

  // All of them, if one of them is another than at the last call.
  std::optional<std::vector<k8s::Object>> news();
  std::vector<std::string> complaints();  // that came since the last call

 private:
  using Subject = std::pair<k8s::Kind, k8s::ObjectKey>;

  LiveObjects() = default;
  void take(k8s::Event event);
  bool is_listed() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Subject, k8s::Object> objects_;
  std::set<k8s::Kind> listed_;
  bool services_known_ = true;
  bool news_ = false;
  std::vector<std::string> complaints_;
  std::vector<std::unique_ptr<k8s::Reflector>> reflectors_;  // last: their threads use all the rest
};

}  // namespace selvedge::cli
