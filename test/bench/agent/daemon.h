// `selvedge run` as a child process, watched from outside: what it logs and when, what it costs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace selvedge::bench {

using Clock = std::chrono::steady_clock;

struct Usage {
  double cpu_seconds = 0;                   // user and system, all threads
  std::map<std::string, double> by_thread;  // of it, by the thread's name
  double rss_mb = 0;                        // 1 MB = 10^6 bytes
  double anonymous_mb = 0;                  // of it: what is not program and libraries
  double peak_mb = 0;                       // of the RSS
};
std::optional<Usage> usage_of(pid_t process);

class Daemon {
 public:
  // In the caller's network namespace. Throws std::runtime_error.
  explicit Daemon(const std::vector<std::string>& command);
  ~Daemon();  // SIGTERM, then waits
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Clock::time_point started() const { return started_; }
  // When it first logged a line with `words` in it; none: not within `patience`, or it has ended.
  std::optional<Clock::time_point> logged(const std::string& words, std::chrono::seconds patience);
  std::string log() const;
  pid_t pid() const { return pid_; }
  Usage usage() const { return usage_of(pid_).value_or(Usage{}); }
  std::optional<double> cgroup_peak_mb() const;  // kernel memory included; none: no memory controller to be had

 private:
  void read_log(int descriptor);

  std::string cgroup_;  // its directory; empty: none
  Clock::time_point started_;
  pid_t pid_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<Clock::time_point, std::string>> lines_;
  bool ended_ = false;
  std::thread reader_;
};

}  // namespace selvedge::bench
