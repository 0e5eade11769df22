#include "k8sclient/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <optional>
#include <system_error>

namespace selvedge::k8s {
namespace {

using Cause = CommandError::Cause;

constexpr std::size_t most_output = std::size_t{1024} * 1024;

// A vector of C strings that ends with a null pointer, over texts that must outlive it.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment(const std::vector<std::pair<std::string, std::string>>& added) {
  std::map<std::string, std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string text = *each;
    const auto equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : added) variables[name] = value;
  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) {
    texts.push_back(name);
    texts.back().append("=").append(value);
  }
  return texts;
}

struct SpawnSettings {
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t files{};

  explicit SpawnSettings(int output) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

// Gone with all its group when it goes out of scope without having been waited for.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  // As waitpid's status, once it has ended.
  std::optional<int> status() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return std::nullopt;
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

tl::unexpected<CommandError> failed(Cause cause, const std::string& message) {
  return tl::unexpected(CommandError{cause, message});
}

tl::unexpected<CommandError> gave_up(Wait why) {
  return why == Wait::interrupted ? failed(Cause::interrupted, "interrupted")
                                  : failed(Cause::timed_out, "did not end in time");
}

tl::expected<std::string, CommandError> read_all(int pipe, const Interrupt& interrupt, Deadline deadline) {
  std::string output;
  std::array<char, 4096> piece{};
  for (;;) {
    if (const auto wait = wait_for(pipe, POLLIN, interrupt, deadline); wait != Wait::ready) return gave_up(wait);
    const auto count = ::read(pipe, piece.data(), piece.size());
    if (count == 0) return output;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(Cause::failed, std::generic_category().message(errno));
    output.append(piece.data(), static_cast<std::size_t>(count));
    if (output.size() > most_output) return failed(Cause::too_much_output, "printed more than 1 MiB");
  }
}

tl::expected<void, CommandError> wait_for_success(Child& child, const Interrupt& interrupt, Deadline deadline) {
  constexpr std::chrono::milliseconds glance{10};
  constexpr int no_descriptor = -1;
  auto status = child.status();
  while (!status) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return gave_up(Wait::timed_out);
    if (wait_for(no_descriptor, 0, interrupt, now + glance) == Wait::interrupted) return gave_up(Wait::interrupted);
    status = child.status();
  }
  if (WIFSIGNALED(*status)) return failed(Cause::failed, "was killed by signal " + std::to_string(WTERMSIG(*status)));
  if (WEXITSTATUS(*status) != 0) {
    return failed(Cause::failed, "ended with status " + std::to_string(WEXITSTATUS(*status)));
  }
  return {};
}

}  // namespace

tl::expected<std::string, CommandError> run(const Command& command, const Interrupt& interrupt,
                                            std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed(Cause::not_started, std::generic_category().message(errno));
  const Fd output(ends[0]);
  Fd input(ends[1]);
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.args.begin(), command.args.end());
  auto variables = environment(command.env);
  const SpawnSettings settings(input.get());
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, command.program.c_str(), &settings.files, &settings.attributes,
                                   pointers(arguments).data(), pointers(variables).data());
  if (error != 0) return failed(Cause::not_started, "cannot be run: " + std::generic_category().message(error));
  Child child(pid);
  input.close();
  auto text = read_all(output.get(), interrupt, deadline);
  if (!text) return text;
  if (auto ended = wait_for_success(child, interrupt, deadline); !ended) return tl::unexpected(ended.error());
  return text;
}

}  // namespace selvedge::k8s
