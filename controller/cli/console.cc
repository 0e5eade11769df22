#include "controller/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "controller/cli/colours.h"
#include "controller/text/printable.h"

namespace selvedge::cli {
namespace {

bool on_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

// https://no-color.org
bool wants_colours() {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return on_terminal() && (refused == nullptr || *refused == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

bool write_out(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) complain(std::string("cannot write to standard output: ") + std::strerror(errno));
  return written;
}

// As many lines as there is room for, the last of them a word about the rest.
std::string fitting(const std::string& text) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 3) return text;
  std::size_t lines = 0, end = 0;
  while (lines + 2 < size.ws_row && end < text.size()) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
    ++lines;
  }
  const auto more =
      static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(end), text.end(), '\n'));
  return more == 0 ? text : text.substr(0, end) + "... and " + std::to_string(more) + " lines more\n";
}

}  // namespace

bool print(const std::string& text) {
  return write_out(wants_colours() ? coloured(text) : text);
}

bool print_anew(const std::string& text) {
  static bool first = true;
  if (on_terminal()) return print("\x1b[H\x1b[2J\x1b[3J") && print(fitting(text));
  const bool parted = first || text.starts_with('{') || write_out("\n");
  first = false;
  return parted && write_out(text);
}

void complain(const std::string& text) {
  const std::string line = "selvedge: " + printable(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace selvedge::cli
