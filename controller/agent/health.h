// What the reconciling thread tells the one that answers probes.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace selvedge::agent {

// Why the node's rules may not be what the policies say.
struct Readiness {
  std::vector<std::string> reasons;   // empty: ready
  std::vector<std::string> warnings;  // what is not well, but does not make the rules wrong yet

  bool ready() const { return reasons.empty(); }
  bool operator==(const Readiness&) const = default;
};

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
};

// All members may be called from any thread.
class Health {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Longer than any kernel write should take: a liveness probe must not kill a daemon that loads a big table.
  static constexpr std::chrono::seconds longest_pause{30};

  explicit Health(Time now) : beat_(now) {}

  void beat(Time now, Readiness readiness);

  HttpAnswer alive(Time now) const;  // /healthz
  HttpAnswer ready(Time now) const;  // /readyz: "ready" or one line per reason; then one per warning

 private:
  std::string stuck(Time now) const;  // why the loop counts as stuck; empty: it moves

  mutable std::mutex mutex_;
  Time beat_;
  Readiness readiness_{.reasons = {"starting"}, .warnings = {}};
};

}  // namespace selvedge::agent
