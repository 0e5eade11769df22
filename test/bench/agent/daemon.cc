#include "test/bench/agent/daemon.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace selvedge::bench {
namespace {

constexpr const char* controller = "/sys/fs/cgroup/memory";

std::string new_cgroup() {
  std::string path = std::string(controller) + "/selvedge-bench-" + std::to_string(::getpid());
  std::error_code error;
  const bool there = std::filesystem::exists(std::string(controller) + "/memory.max_usage_in_bytes", error);
  if (there) std::filesystem::create_directory(path, error);
  return there && !error ? path : "";
}

std::optional<double> number_in(const std::string& path) {
  std::ifstream file(path);
  double value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

// Of the threads that live: /proc/PID/stat counts in hundredths of a second, which is too coarse for one event.
std::map<std::string, double> cpu_seconds(const std::string& process) {
  std::map<std::string, double> seconds;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(process + "/task", gone)) {
    std::ifstream comm(task.path() / "comm");
    std::string name;
    std::getline(comm, name);
    seconds[name] += number_in(task.path() / "schedstat").value_or(0) / 1e9;
  }
  return seconds;
}

}  // namespace

std::optional<Usage> usage_of(pid_t process) {
  const std::string directory = "/proc/" + std::to_string(process);
  std::ifstream status(directory + "/status");
  if (!status) return std::nullopt;
  Usage usage{.by_thread = cpu_seconds(directory)};
  for (const auto& [name, seconds] : usage.by_thread) usage.cpu_seconds += seconds;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) usage.rss_mb = std::stod(line.substr(6)) * 1024 / 1e6;
    if (line.starts_with("RssAnon:")) usage.anonymous_mb = std::stod(line.substr(8)) * 1024 / 1e6;
    if (line.starts_with("VmHWM:")) usage.peak_mb = std::stod(line.substr(6)) * 1024 / 1e6;
  }
  return usage;
}

Daemon::Daemon(const std::vector<std::string>& command) : cgroup_(new_cgroup()) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const std::string members = cgroup_ + "/cgroup.procs";
  started_ = Clock::now();
  pid_ = ::fork();
  if (pid_ == 0) {
    const int group = cgroup_.empty() ? -1 : ::open(members.c_str(), O_WRONLY | O_CLOEXEC);
    if (group >= 0 && ::write(group, "0", 1) != 1) _exit(126);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv(words[0], words.data());
    _exit(127);
  }
  ::close(ends[1]);
  if (pid_ < 0) throw std::runtime_error("no process");
  reader_ = std::thread([this, descriptor = ends[0]] { read_log(descriptor); });
}

Daemon::~Daemon() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  reader_.join();
  if (!cgroup_.empty()) ::rmdir(cgroup_.c_str());
}

void Daemon::read_log(int descriptor) {
  std::string open;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(descriptor, buffer.data(), buffer.size())) > 0;) {
    const auto now = Clock::now();
    open.append(buffer.data(), static_cast<std::size_t>(count));
    const std::scoped_lock lock(mutex_);
    for (auto end = open.find('\n'); end != std::string::npos; end = open.find('\n')) {
      lines_.emplace_back(now, open.substr(0, end));
      open.erase(0, end + 1);
    }
    changed_.notify_all();
  }
  ::close(descriptor);
  const std::scoped_lock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::optional<Clock::time_point> Daemon::logged(const std::string& words, std::chrono::seconds patience) {
  std::unique_lock lock(mutex_);
  std::optional<Clock::time_point> when;
  std::size_t seen = 0;
  changed_.wait_for(lock, patience, [&] {
    for (; seen < lines_.size() && !when; ++seen) {
      if (lines_[seen].second.find(words) != std::string::npos) when = lines_[seen].first;
    }
    return when || ended_;
  });
  return when;
}

std::string Daemon::log() const {
  const std::scoped_lock lock(mutex_);
  std::string all;
  for (const auto& [when, line] : lines_) all += line + '\n';
  return all;
}

std::optional<double> Daemon::cgroup_peak_mb() const {
  if (cgroup_.empty()) return std::nullopt;
  const auto bytes = number_in(cgroup_ + "/memory.max_usage_in_bytes");
  return bytes ? std::optional(*bytes / 1e6) : std::nullopt;
}

}  // namespace selvedge::bench
