// Hears from the kernel when elements enter and leave sets and maps: the moment when a change takes effect. Listening
// makes commits a little dearer, big ones much; so it begins after the cold start.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

struct mnl_socket;

namespace selvedge::bench {

class KernelNews {
 public:
  using Time = std::chrono::steady_clock::time_point;

  KernelNews();  // in the calling thread's network namespace; throws std::runtime_error
  ~KernelNews();
  KernelNews(const KernelNews&) = delete;
  KernelNews& operator=(const KernelNews&) = delete;

  // When an IPv4 address last entered (or left) any set or map; none: it has not since forget(). Waits up to
  // `patience` for it.
  std::optional<Time> when(const std::string& address, bool entered, std::chrono::milliseconds patience);
  void forget();

 private:
  void listen();
  void note(std::uint32_t key, bool entered, Time now);

  mnl_socket* socket_;
  int stop_;  // an eventfd
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::uint32_t, bool>, Time> seen_;
  std::thread thread_;
};

}  // namespace selvedge::bench
