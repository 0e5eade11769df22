// The tree builder, and JSON by nlohmann's event parser (its own tree builder
// knows neither a limit of depth nor duplicate keys).
#include "k8sclient/decode_tree.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace selvedge::k8s {

std::string to_string(const ParseError& error) {
  if (error.line == 0) return error.message;
  return "line " + std::to_string(error.line) + ", column " + std::to_string(error.column) + ": " + error.message;
}

ParseError error_at(std::string_view text, std::size_t offset, std::string message) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t last = before.rfind('\n');
  const std::size_t column = last == std::string_view::npos ? before.size() : before.size() - last - 1;
  return {.line = lines + 1, .column = std::max<std::size_t>(column, 1), .message = std::move(message)};
}

Tree& TreeBuilder::place(Tree value) {
  if (open_.empty()) return root_ = std::move(value);
  Frame& frame = open_.back();
  if (frame.container->is_object()) return (*frame.container)[frame.next] = std::move(value);
  frame.container->push_back(std::move(value));
  return frame.container->back();
}

std::string TreeBuilder::open(Tree::value_t type) {
  if (open_.size() >= deepest_nesting) return "is nested deeper than " + std::to_string(deepest_nesting) + " levels";
  std::string under = open_.empty() ? "" : open_.back().next;
  Tree& container = place(Tree(type));
  open_.push_back({.container = &container, .key = std::move(under), .next = {}, .merged = {}});
  return {};
}

std::string TreeBuilder::key(std::string name) {
  Frame& frame = open_.back();
  if (frame.container->contains(name) && frame.merged.erase(name) == 0) return "key " + shown(name) + " occurs twice";
  frame.next = std::move(name);
  return {};
}

void TreeBuilder::value(Tree leaf) {
  place(std::move(leaf));
}

const Tree& TreeBuilder::close() {
  const Tree* closed = open_.back().container;
  open_.pop_back();
  return *closed;
}

std::string TreeBuilder::merge_one(Frame& frame, const Tree& merged) {
  if (!merged.is_object()) return "the value of a merge key (<<) is neither a mapping nor a list of them";
  for (const auto& [key, value] : merged.items()) {
    const auto own = frame.container->find(key);
    if (own == frame.container->end()) {
      frame.container->emplace(key, value);
      frame.merged.insert(key);
    } else if (!frame.merged.contains(key) && *own != value) {
      // kubectl takes the merged value, kustomize the other.
      return "key " + shown(key) + " stands before a merge key (<<) that sets it, too: programs differ on which counts";
    }
  }
  return {};
}

std::string TreeBuilder::merge() {
  Frame& frame = open_.back();
  const auto found = frame.container->find(frame.next);
  const Tree merged = std::move(*found);
  frame.container->erase(found);
  if (!merged.is_array()) return merge_one(frame, merged);
  for (const Tree& one : merged) {  // the first counts
    if (std::string wrong = merge_one(frame, one); !wrong.empty()) return wrong;
  }
  return {};
}

Tree TreeBuilder::take() {
  open_.clear();
  return std::exchange(root_, Tree());
}

namespace {

// The library's words without its own prefix and position.
std::string plain_words(std::string_view what) {
  const std::size_t begin = what.find("syntax error");
  return std::string(begin == std::string_view::npos ? what : what.substr(begin));
}

// The names and signatures are those that nlohmann's sax_parse calls. metadata.managedFields, half of
// what the API server sends, does not enter the tree.
class JsonEvents {
 public:
  explicit JsonEvents(std::string_view text) : text_(text) {}

  bool null() { return value(nullptr); }
  bool boolean(bool v) { return value(v); }
  bool number_integer(Tree::number_integer_t v) { return value(v); }
  bool number_unsigned(Tree::number_unsigned_t v) { return value(v); }
  bool number_float(Tree::number_float_t v, const std::string&) { return value(v); }
  bool string(std::string& v) { return value(std::move(v)); }
  bool binary(Tree::binary_t&) { return false; }
  bool start_object(std::size_t) { return start(Tree::value_t::object); }
  bool key(std::string& name) {
    if (skipping_ > 0) return true;
    if (name == "managedFields" && builder_.in_metadata()) skipping_ = 1;
    return skipping_ > 0 || step(builder_.key(std::move(name)));
  }
  bool end_object() { return end(); }
  bool start_array(std::size_t) { return start(Tree::value_t::array); }
  bool end_array() { return end(); }
  bool parse_error(std::size_t offset, const std::string&, const nlohmann::detail::exception& cause) {
    error_ = error_at(text_, offset, plain_words(cause.what()));
    return false;
  }

  Tree take() { return builder_.take(); }
  ParseError error() const { return error_; }

 private:
  bool value(Tree leaf) {
    if (skipping_ == 0) builder_.value(std::move(leaf));
    if (skipping_ == 1) skipping_ = 0;
    return true;
  }
  bool start(Tree::value_t type) {
    if (skipping_ == 0) return step(builder_.open(type));
    ++skipping_;
    return true;
  }
  bool end() {
    if (skipping_ == 0) builder_.close();
    if (skipping_ > 0 && --skipping_ == 1) skipping_ = 0;
    return true;
  }
  bool step(const std::string& wrong) {
    if (wrong.empty()) return true;
    // The event parser tells no position to its events.
    error_ = {.message = wrong};
    return false;
  }

  std::string_view text_;
  TreeBuilder builder_;
  std::size_t skipping_ = 0;  // 0: not; 1: the value of managedFields comes next; else one more than its depth
  ParseError error_;
};

}  // namespace

tl::expected<Tree, ParseError> parse_json(std::string_view text) {
  // The library takes it for the end, whatever follows.
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
    return tl::unexpected(error_at(text, at + 1, "a byte 0 is not allowed"));
  }
  JsonEvents events(text);
  if (!Tree::sax_parse(text.begin(), text.end(), &events)) return tl::unexpected(events.error());
  return events.take();
}

std::string shown(const Tree& value) {
  constexpr std::size_t longest = 64;
  // Containers are not printed: they may be large, and their kind says enough.
  if (value.is_object()) return "{…}";
  if (value.is_array()) return "[…]";
  if (value.is_binary()) return "!!binary";
  Tree cut = value;
  if (value.is_string() && value.get_ref<const std::string&>().size() > longest) {
    cut = value.get_ref<const std::string&>().substr(0, longest);
  }
  std::string text = cut.dump(-1, ' ', true, Tree::error_handler_t::replace);
  if (value.is_string() && cut.get_ref<const std::string&>().size() != value.get_ref<const std::string&>().size()) {
    text += "…";
  }
  return text;
}

}  // namespace selvedge::k8s
