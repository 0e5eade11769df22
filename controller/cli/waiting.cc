#include "controller/cli/waiting.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "controller/text/printable.h"

namespace selvedge::cli {

Waiting::Waiting(std::string what) : what_(printable(what)) {
  if (isatty(STDERR_FILENO) == 1) thread_ = std::jthread([this](const std::stop_token& done) { tell(done); });
}

Waiting::~Waiting() {
  thread_.request_stop();
}

void Waiting::tell(const std::stop_token& done) {
  std::unique_lock lock(mutex_);
  int seconds = 0;
  while (!ended_.wait_for(lock, done, std::chrono::seconds(1), [&] { return done.stop_requested(); }))
    std::fprintf(stderr, "\r\x1b[Kselvedge: %s ... %d s", what_.c_str(), ++seconds);
  if (seconds > 0) std::fputs("\r\x1b[K", stderr);
}

}  // namespace selvedge::cli
