#include "controller/cli/console.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "controller/text/printable.h"

namespace selvedge::cli {

bool print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) complain(std::string("cannot write to standard output: ") + std::strerror(errno));
  return written;
}

void complain(const std::string& text) {
  const std::string line = "selvedge: " + printable(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace selvedge::cli
