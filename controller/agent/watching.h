// The four watches of the daemon: all Pods, Namespaces and NetworkPolicies, and the one Node that we are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/credentials.h"
#include "k8sclient/reflector.h"

namespace selvedge::agent {

class Watching {
 public:
  // `listener` is called from four threads. The error says why the way to the API server is not known;
  // that it cannot be reached is none, but a Trouble event.
  static tl::expected<Watching, std::string> start(const k8s::AccessOptions& access, const std::string& node,
                                                   const k8s::Listener& listener);

  // All at the same time, since each may take up to a second.
  void stop();

 private:
  std::vector<std::unique_ptr<k8s::Reflector>> reflectors_;
};

}  // namespace selvedge::agent
