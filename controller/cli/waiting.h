// A word on what takes longer than a second, while it lasts: on a terminal, and gone after it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace selvedge::cli {

// On standard error if that is a terminal; otherwise nothing. Has a thread of its own until it is destroyed.
class Waiting {
 public:
  explicit Waiting(std::string what);  // "reading the cluster"
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  void tell(const std::stop_token& done);

  const std::string what_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;
};

}  // namespace selvedge::cli
