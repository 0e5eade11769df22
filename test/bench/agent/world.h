// The cluster on its server, and what every measurement needs of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/bench/agent/bulk_server.h"
#include "test/bench/agent/cluster_text.h"
#include "test/bench/agent/daemon.h"
#include "test/bench/figure.h"
#include "test/bench/namespaces.h"

namespace selvedge::bench {

struct Plan {
  std::string program = SELVEDGE_PROGRAM;
  std::string only;  // empty: all
  bool pages = false;
  std::size_t cold_starts = 5;
  std::size_t reactions = 200;                // of each kind
  std::vector<std::size_t> rates{100, 1000};  // of churn, per second
  std::chrono::seconds churn{20};             // at each rate

  bool wants(const std::string& part) const { return only.empty() || only == part; }
  Plan quickened() const;
};

class World {
 public:
  World(const Scale& scale, const Plan& plan);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const Scale& scale() const { return scale_; }
  BulkServer& server() { return server_; }
  std::uint64_t next_version() { return ++version_; }
  std::vector<std::string> command() const;  // of the daemon
  const std::string& directory() const { return directory_; }
  const std::vector<std::string>& paths() const;  // of the daemon's four requests, with their queries

  Figure figure(std::string section, std::string name) const;

 private:
  Scale scale_;
  Plan plan_;
  std::string directory_;
  BulkServer server_;
  std::uint64_t version_;
};

// Waits until the daemon's rules are in force; throws with its log when they are not within a minute or two.
Clock::time_point rules_in_force(Daemon& daemon);

}  // namespace selvedge::bench
