#include "controller/cli/colours.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace selvedge::cli {
namespace {

constexpr std::string_view red = "\x1b[31m", green = "\x1b[32m", yellow = "\x1b[33m", cyan = "\x1b[36m",
                           bold = "\x1b[1m", plain = "\x1b[0m";
constexpr std::size_t longest_line = 4096;

// By the first word of a line, less what follows it: "denied: ...", "  + tcp/3000 from ...".
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> openings{{
    {"allowed", green},
    {"verified", green},
    {"+", green},
    {"denied", red},
    {"error", red},
    {"drift", red},
    {"-", red},
    {"warning", yellow},
    {"~", yellow},
    {"info", cyan},
    {"PODS", bold},
    {"POLICIES", bold},
    {"DENIED FOR OTHER REASONS", bold},
    {"not verified", red},
}};

bool ends_word(std::string_view line, std::size_t at) {
  return at == line.size() || line[at] == ' ' || line[at] == ':' || line[at] == ',';
}

std::string with_opening(std::string_view line) {
  const std::size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::string(line);
  for (const auto& [word, colour] : openings) {
    if (!line.substr(start).starts_with(word) || !ends_word(line, start + word.size())) continue;
    const bool whole = word.size() == 1;  // a line that comes or goes
    const std::size_t end = whole ? line.size() : start + word.size();
    std::string text(line.substr(0, start));
    return text.append(colour).append(line.substr(start, end - start)).append(plain).append(line.substr(end));
  }
  return std::string(line);
}

// "(+12)"
std::string with_deltas(const std::string& line) {
  const auto from = line.find("(+");
  const auto to = from == std::string::npos ? from : line.find(')', from);
  if (to == std::string::npos || line.find_first_not_of("0123456789", from + 2) != to) return line;
  return line.substr(0, from) + std::string(bold) + std::string(yellow) + line.substr(from, to + 1 - from) +
         std::string(plain) + line.substr(to + 1);
}

}  // namespace

std::string coloured(const std::string& text) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    result += line.size() > longest_line ? std::string(line) : with_deltas(with_opening(line));
    if (end < text.size()) result += '\n';
    at = end + 1;
  }
  return result;
}

}  // namespace selvedge::cli
