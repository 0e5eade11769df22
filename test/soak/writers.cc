#include "test/soak/writers.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace selvedge::soak {

Writers::Writers(std::string program, WriterOptions first) : program_(std::move(program)), next_(std::move(first)) {
  next_.number = 1;
  next_.progress = memfd_create("selvedge-soak", 0);  // inherited
  if (next_.progress < 0 || ftruncate(next_.progress, sizeof(Progress)) != 0)
    throw std::runtime_error("soak: cannot make shared memory");
  void* memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, next_.progress, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("soak: cannot map shared memory");
  progress_ = static_cast<Progress*>(memory);  // zeros are what it begins with
}

Writers::~Writers() {
  if (process_ > 0) kill();
  munmap(progress_, sizeof(Progress));
  close(next_.progress);
}

void Writers::start(Layout layout) {
  next_.layout = layout;
  std::vector<std::string> words{program_, "writer"};
  for (std::string& word : to_arguments(next_)) words.push_back(std::move(word));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (posix_spawn(&process_, program_.c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error("soak: cannot start " + program_);
  ++next_.number;
}

void Writers::kill() {
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void Writers::check_alive() {
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) == 0) return;
  process_ = -1;
  throw std::runtime_error("soak: writer " + std::to_string(number()) + " ended by itself, with status " +
                           std::to_string(status));
}

template <typename Condition>
void Writers::await(const char* what, Condition condition) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  auto deadline = now() + std::chrono::minutes(1);
  for (std::uint64_t seen = progress_->commits; !condition();) {
    check_alive();
    if (const std::uint64_t commits = progress_->commits; commits != seen) {
      seen = commits;
      deadline = now() + std::chrono::minutes(1);
    }
    if (now() > deadline)
      throw std::runtime_error("soak: writer " + std::to_string(number()) + " stands still; awaited: " + what);
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

void Writers::await_in_step() {
  await("its table in step", [this] { return progress_->in_step == number(); });
}

void Writers::await_commits(std::uint64_t commits) {
  await("commits", [&] { return progress_->commits >= commits; });
}

void Writers::hold() {
  progress_->held = false;
  progress_->hold = true;
  await("nothing left to write", [this] { return progress_->held.load(); });
}

void Writers::go_on() {
  progress_->hold = false;
}

}  // namespace selvedge::soak
