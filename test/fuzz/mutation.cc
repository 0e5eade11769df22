#include "test/fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace selvedge::fuzz {
namespace {

// What parsers are sensitive to.
constexpr std::array<std::string_view, 30> words{
    "\n", "---\n", "...\n", "{",  "}",  "[",  "]",    "\"", "'",  ":",          ": ",    "- ",   "&a ",  "*a", "<<: ",
    "!!", "|\n",   "\\u00", "\\", "\t", "\r", "null", "~",  "-1", "4294967296", "1e999", "\xff", "\x04", "# ", ",",
};

class Mutation {
 public:
  Mutation(std::mt19937& random, std::string text) : random_(random), text_(std::move(text)) {}

  void once() {
    switch (below(7)) {
      case 0:
        return flip();
      case 1:
        return overwrite();
      case 2:
        return insert(std::string(words[below(words.size())]));
      case 3:
        return remove();
      case 4:
        return insert(piece());  // twice the same
      case 5:
        return truncate();
      default:
        return insert(std::string(1, static_cast<char>(below(256))));
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::size_t place() { return below(text_.size() + 1); }
  std::string piece() {
    const std::size_t at = place();
    return text_.substr(at, 1 + below(40));
  }
  void flip() {
    if (!text_.empty()) text_[below(text_.size())] ^= static_cast<char>(1U << below(8));
  }
  void overwrite() {
    if (!text_.empty()) text_[below(text_.size())] = static_cast<char>(below(256));
  }
  void insert(const std::string& what) { text_.insert(place(), what); }
  void remove() {
    const std::size_t at = place();
    text_.erase(at, 1 + below(40));
  }
  void truncate() {
    if (below(4) == 0) text_.resize(place());
  }

  std::mt19937& random_;
  std::string text_;
};

}  // namespace

std::string mutated(std::mt19937& random, const std::vector<std::string>& saved) {
  std::string text = saved[random() % saved.size()];
  if (random() % 8 == 0) {
    const std::string& other = saved[random() % saved.size()];
    text = text.substr(0, random() % (text.size() + 1)) + other.substr(random() % (other.size() + 1));
  }
  Mutation mutation(random, std::move(text));
  for (auto left = 1 + random() % 8; left > 0; --left) mutation.once();
  text = mutation.take();
  text.resize(std::min(text.size(), longest_input));
  return text;
}

}  // namespace selvedge::fuzz
