// Memory stays bounded: of a line past the limit only the beginning is kept, and after a long one the buffer goes.
#include "k8sclient/line_splitter.h"

#include <utility>

namespace selvedge::k8s {

std::optional<LineSplitter::Line> LineSplitter::next(std::string_view& chunk) {
  for (std::size_t end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    append(chunk.substr(0, end));
    chunk.remove_prefix(end + 1);
    ended_ = true;
    std::string_view text = open_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!text.empty()) return Line{.text = text, .cut = cut_};
  }
  append(std::exchange(chunk, {}));
  return std::nullopt;
}

void LineSplitter::append(std::string_view part) {
  if (std::exchange(ended_, false)) clear();
  if (cut_) return;
  open_ += part;
  if (open_.size() <= largest_object) return;
  cut_ = true;
  open_.resize(kept_beginning);
  open_.shrink_to_fit();
}

void LineSplitter::clear() {
  cut_ = false;
  open_.clear();
  if (open_.capacity() > kept_beginning) open_.shrink_to_fit();
}

}  // namespace selvedge::k8s
