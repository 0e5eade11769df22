#include "test/agent/program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <linux/capability.h>

namespace selvedge::test {
namespace {

// A file that only its path and this process know.
class Scratch {
 public:
  explicit Scratch(const std::string& text = "") {
    descriptor_ = mkstemp(path_.data());
    if (descriptor_ < 0 || write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("cannot write " + path_);
    lseek(descriptor_, 0, SEEK_SET);
  }
  ~Scratch() {
    close(descriptor_);
    unlink(path_.c_str());
  }
  Scratch(const Scratch&) = delete;
  int descriptor() const { return descriptor_; }
  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_ = "/tmp/selvedge-test-XXXXXX";
  int descriptor_ = -1;
};

// All memory is taken before the fork: other threads may hold the allocator's lock.
pid_t start(const char* program, const std::vector<std::string>& arguments, const Environment& environment,
            Privilege privilege, int in, int out, int err) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/nonexistent"};
  for (const auto& [name, value] : environment) variables.push_back(std::string(name) + '=' + value);
  std::vector<char*> argv, envp;
  for (auto& word : words) argv.push_back(word.data());
  for (auto& variable : variables) envp.push_back(variable.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (privilege == Privilege::no_net_admin) prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

int status_of(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments, const std::string& input,
                     const Environment& environment, Privilege privilege) {
  const Scratch in(input), out, err;
  const pid_t pid =
      start(SELVEDGE_PROGRAM, arguments, environment, privilege, in.descriptor(), out.descriptor(), err.descriptor());
  const int status = status_of(pid);
  return {status, out.text(), err.text()};
}

Finished run_plugin(const std::string& config, const Environment& environment) {
  const Scratch in(config), out, err;
  const pid_t pid =
      start(SELVEDGE_PLUGIN, {}, environment, Privilege::ours, in.descriptor(), out.descriptor(), err.descriptor());
  const int status = status_of(pid);
  return {status, out.text(), err.text()};
}

Background::Background(const std::vector<std::string>& arguments, const Environment& environment)
    : err_path_("/tmp/selvedge-test-XXXXXX") {
  const int err = mkstemp(err_path_.data());
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  pid_ = start(SELVEDGE_PROGRAM, arguments, environment, Privilege::ours, null, null, err);
  close(err);
  close(null);
}

Background::~Background() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  unlink(err_path_.c_str());
}

void Background::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

int Background::wait() {
  return status_of(std::exchange(pid_, -1));
}

std::string Background::err() const {
  std::ifstream file(err_path_, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace selvedge::test
