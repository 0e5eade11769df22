// Wires the plugin to the process: environment and standard input in, result and exit status out.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "cni/client.h"
#include "cni/plugin.h"

namespace selvedge::cni {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

// No more than one byte past what is taken.
std::string input() {
  std::string text;
  char buffer[1 << 16];
  while (text.size() <= longest_config) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

int execute() {
  // A person who starts it need not end an input that is not asked for.
  const bool wanted = variable("CNI_COMMAND").has_value();
  const Outcome outcome = run(variable, wanted ? input() : "{}", ask);
  if (!outcome.note.empty()) std::fprintf(stderr, "selvedge-cni: %s\n", outcome.note.c_str());
  const bool written = std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout) == outcome.out.size();
  return written && std::fflush(stdout) == 0 ? outcome.status : 1;
}

}  // namespace
}  // namespace selvedge::cni

int main() {
  try {
    return selvedge::cni::execute();
  } catch (const std::exception& error) {
    std::printf(R"({"cniVersion":"1.0.0","code":999,"msg":"selvedge-cni failed"})"
                "\n");
    std::fprintf(stderr, "selvedge-cni: %s\n", error.what());
    return 1;
  }
}
