#include "test/bench/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace selvedge::bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void in_thread(const std::function<void()>& work) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

// Text for a command's stdin, as a file that nobody else can name.
k8s::Fd file_with(const std::string& text) {
  char name[] = "/tmp/selvedge-bench-XXXXXX";
  k8s::Fd file(mkstemp(name));
  if (!file) fail("cannot make a temporary file");
  unlink(name);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = write(file.get(), text.data() + done, text.size() - done);
    if (written < 0) fail("cannot write a temporary file");
    done += static_cast<std::size_t>(written);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) fail("cannot rewind a temporary file");
  return file;
}

}  // namespace

k8s::Fd new_namespace() {
  k8s::Fd made;
  in_thread([&] {
    if (unshare(CLONE_NEWNET) != 0) fail("cannot make a network namespace");
    made = k8s::Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!made) fail("cannot hold a network namespace");
  });
  return made;
}

void enter(const k8s::Fd& ns) {
  if (setns(ns.get(), CLONE_NEWNET) != 0) fail("cannot enter a network namespace");
}

void in_namespace(const k8s::Fd& ns, const std::function<void()>& work) {
  in_thread([&] {
    enter(ns);
    work();
  });
}

void set_sysctl(const std::string& name, int value) {
  std::ofstream file("/proc/sys/net/" + name);
  file << value << std::flush;
  if (!file) throw std::runtime_error("cannot set net/" + name + " to " + std::to_string(value));
}

std::string run(const std::string& command, const std::string& input) {
  const k8s::Fd stdin_file = file_with(input);
  const std::string redirected =
      "{ " + command + "\n} 2>&1 </proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(stdin_file.get());
  FILE* pipe = popen(redirected.c_str(), "r");
  if (pipe == nullptr) fail("cannot run " + command);
  std::string output;
  std::array<char, 4096> chunk{};
  while (const std::size_t size = fread(chunk.data(), 1, chunk.size(), pipe)) output.append(chunk.data(), size);
  if (pclose(pipe) != 0)
    throw std::runtime_error(command + " fails: " + output.substr(0, 2000) + "\nits input began with\n" +
                             input.substr(0, 500));
  return output;
}

bool is_installed(const std::string& program) {
  return system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

}  // namespace selvedge::bench
