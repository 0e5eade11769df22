// Memory stays bounded: of a line past the limit only the beginning is kept.
#include "k8sclient/line_splitter.h"

#include <utility>

namespace selvedge::k8s {

std::vector<LineSplitter::Line> LineSplitter::feed(std::string_view chunk) {
  std::vector<Line> lines;
  for (std::size_t end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    append(chunk.substr(0, end));
    chunk.remove_prefix(end + 1);
    Line line = std::exchange(open_, {});
    if (line.text.ends_with('\r')) line.text.pop_back();
    if (!line.text.empty()) lines.push_back(std::move(line));
  }
  append(chunk);
  return lines;
}

void LineSplitter::append(std::string_view part) {
  if (open_.cut) return;
  open_.text += part;
  if (open_.text.size() <= largest_object) return;
  open_.cut = true;
  open_.text.resize(kept_beginning);
  open_.text.shrink_to_fit();
}

}  // namespace selvedge::k8s
