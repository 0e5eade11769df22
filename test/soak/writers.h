// The writers of a trial, one after another: started, watched, killed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "test/soak/progress.h"
#include "test/soak/writer.h"

namespace selvedge::soak {

// Throws std::runtime_error when a writer ends by itself, or stands still for a minute.
class Writers {
 public:
  // `first`: the options of the first writer but for its number and progress.
  Writers(std::string program, WriterOptions first);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  Progress& progress() { return *progress_; }
  std::uint64_t number() const { return next_.number - 1; }  // of the latest writer

  void start(Layout layout);
  void kill();
  void await_in_step();
  void await_commits(std::uint64_t commits);
  void hold();  // returns when the writer has nothing left to write
  void go_on();

 private:
  template <typename Condition>
  void await(const char* what, Condition condition);
  void check_alive();

  std::string program_;
  WriterOptions next_;
  Progress* progress_ = nullptr;
  pid_t process_ = -1;
};

}  // namespace selvedge::soak
