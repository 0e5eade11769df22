// Plain is: no escape but in what is stepped over, no byte past ASCII, whole numbers of at most 18 digits, nesting and
// objects of a modest size. All the rest of JSON's grammar is checked, also where nobody reads, and that no key
// occurs twice; in metadata.managedFields only the grammar counts, as for parse_json().
#include "k8sclient/decode_needed.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace selvedge::k8s {

namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t most_keys = 64;  // of one object: they are compared each with each
constexpr std::size_t most_digits = 18;

// The bytes of eight that end a run of plain text: '"', '\\', below ' ' and past ASCII. The lowest bit that is set is
// right; higher ones may be set in error.
constexpr std::uint64_t ends_of_text(std::uint64_t bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highs = ones << 7;
  const auto below = [&](std::uint64_t value, std::uint64_t limit) { return (value - ones * limit) & ~value; };
  return (below(bytes ^ (ones * '"'), 1) | below(bytes ^ (ones * '\\'), 1) | below(bytes, ' ') | bytes) & highs;
}

const Needed* named(std::span<const Needed> fields, std::string_view name) {
  for (const Needed& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

// Each step answers whether all is well and plain so far; after a false one the reader must not be used further.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) { keys_.reserve(128); }

  std::optional<Tree> read(std::span<const Needed> fields) {
    Tree tree;
    if (!build(tree, fields, 0)) return std::nullopt;
    space();
    return at_ == end_ ? std::optional(std::move(tree)) : std::nullopt;
  }

 private:
  enum class Keys { once, any };  // how often a key may occur

  // ---- tokens
  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view wanted) {
    if (static_cast<std::size_t>(end_ - at_) < wanted.size() || std::string_view(at_, wanted.size()) != wanted) {
      return false;
    }
    at_ += wanted.size();
    return true;
  }
  void run_of_text() {
    if constexpr (std::endian::native == std::endian::little) {
      for (std::uint64_t bytes = 0; end_ - at_ >= 8; at_ += 8) {
        std::memcpy(&bytes, at_, 8);
        if (const std::uint64_t ends = ends_of_text(bytes); ends != 0) {
          at_ += std::countr_zero(ends) / 8;
          return;
        }
      }
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && *at_ >= ' ' && *at_ <= '~') ++at_;
  }
  // After the opening quote; without any escape.
  bool text(std::string_view& value) {
    const char* const begin = at_;
    run_of_text();
    if (at_ == end_ || *at_ != '"') return false;
    value = {begin, static_cast<std::size_t>(at_ - begin)};
    ++at_;
    return true;
  }
  bool step_over_text() {
    for (;;) {
      run_of_text();
      if (at_ == end_) return false;
      const char c = *at_++;
      if (c == '"') return true;
      if (c != '\\' || at_ == end_ || std::string_view("\"\\/bfnrt").find(*at_++) == std::string_view::npos) {
        return false;
      }
    }
  }
  bool number(Tree* into) {
    const bool negative = *at_ == '-';
    if (negative) ++at_;
    const char* const begin = at_;
    std::uint64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_)
      value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
    const auto digits = static_cast<std::size_t>(at_ - begin);
    if (digits == 0 || digits > most_digits || (*begin == '0' && digits > 1)) return false;
    if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) return false;
    if (into != nullptr) *into = negative ? Tree(-static_cast<std::int64_t>(value)) : Tree(value);
    return true;
  }
  bool is_new(std::string_view key, std::size_t first) {
    if (keys_.size() - first >= most_keys) return false;
    for (std::size_t i = first; i < keys_.size(); ++i) {
      if (keys_[i] == key) return false;
    }
    keys_.push_back(key);
    return true;
  }

  // ---- values
  bool scalar(Tree* into) {
    switch (*at_) {
      case 't':
        if (into != nullptr) *into = true;
        return word("true");
      case 'f':
        if (into != nullptr) *into = false;
        return word("false");
      case 'n':
        return word("null");
      default:
        return number(into);
    }
  }

  // `member` reads the value of a key, `element` that of a list.
  template <class Member>
  bool object(const Member& member) {
    if (take('}')) return true;
    do {
      if (!take('"') || !member()) return false;
    } while (take(','));
    return take('}');
  }
  template <class Element>
  bool list(const Element& element) {
    if (take(']')) return true;
    do {
      if (!element()) return false;
    } while (take(','));
    return take(']');
  }

  bool step_over(Keys keys, std::size_t depth, bool in_metadata = false) {
    space();
    if (at_ == end_ || depth > deepest) return false;
    switch (*at_) {
      case '"':
        ++at_;
        return step_over_text();
      case '{':
        ++at_;
        return keys == Keys::any ? step_over_object(depth) : step_over_object_of_keys(depth, in_metadata);
      case '[':
        ++at_;
        return list([&] { return step_over(keys, depth + 1); });
      default:
        return scalar(nullptr);
    }
  }
  bool step_over_object(std::size_t depth) {
    return object([&] { return step_over_text() && take(':') && step_over(Keys::any, depth + 1); });
  }
  bool step_over_object_of_keys(std::size_t depth, bool in_metadata) {
    const std::size_t first = keys_.size();
    const bool well = object([&] {
      std::string_view key;
      return text(key) && is_new(key, first) && take(':') && step_over_member(key, depth, in_metadata);
    });
    keys_.resize(first);
    return well;
  }
  bool step_over_member(std::string_view key, std::size_t depth, bool in_metadata) {
    const Keys keys = in_metadata && key == "managedFields" ? Keys::any : Keys::once;
    return step_over(keys, depth + 1, key == "metadata");
  }

  bool build(Tree& into, std::span<const Needed> fields, std::size_t depth, bool in_metadata = false) {
    space();
    if (at_ == end_ || depth > deepest) return false;
    switch (*at_) {
      case '"': {
        ++at_;
        std::string_view value;
        if (!text(value)) return false;
        into = std::string(value);
        return true;
      }
      case '{':
        ++at_;
        into = Tree::object();
        return build_object(into, fields, depth, in_metadata);
      case '[':
        ++at_;
        into = Tree::array();
        return list([&] { return build(into.emplace_back(), fields, depth + 1); });
      default:
        return scalar(&into);
    }
  }
  bool build_object(Tree& into, std::span<const Needed> fields, std::size_t depth, bool in_metadata) {
    const std::size_t first = keys_.size();
    const bool well = object([&] {
      std::string_view key;
      if (!text(key) || !is_new(key, first) || !take(':')) return false;
      const Needed* field = named(fields, key);
      const bool skipped = in_metadata && key == "managedFields";
      if (skipped || (field == nullptr && !fields.empty())) return step_over_member(key, depth, in_metadata);
      Tree& value = into[std::string(key)];
      return build(value, field != nullptr ? field->fields : fields, depth + 1, key == "metadata");
    });
    keys_.resize(first);
    return well;
  }

  const char* at_;
  const char* end_;
  std::vector<std::string_view> keys_;  // of the objects that are open, one behind the other
};

// ---- what decode_pod(), decode_meta(), key_of() and watch_event() read ----------------------------------------

constexpr std::array<Needed, 7> metadata{
    {{"name"}, {"namespace"}, {"generateName"}, {"uid"}, {"labels"}, {"creationTimestamp"}, {"resourceVersion"}}};
constexpr std::array<Needed, 2> container{{{"ports"}, {"restartPolicy"}}};
constexpr std::array<Needed, 4> spec{
    {{"nodeName"}, {"hostNetwork"}, {"containers", container}, {"initContainers", container}}};
constexpr std::array<Needed, 4> status{{{"phase"}, {"podIP"}, {"podIPs"}, {"startTime"}}};
constexpr std::array<Needed, 4> pod{{{"kind"}, {"metadata", metadata}, {"spec", spec}, {"status", status}}};
constexpr std::array<Needed, 2> event{{{"type"}, {"object", pod}}};

}  // namespace

std::optional<Tree> parse_needed(std::string_view json, std::span<const Needed> fields) {
  return Reader(json).read(fields);
}

tl::expected<Tree, ParseError> parse_item(Kind kind, std::string_view json) {
  if (kind == Kind::pod) {
    if (auto tree = parse_needed(json, pod)) return *std::move(tree);
  }
  return parse_json(json);
}

// Bookmarks and errors say more than a pod does.
tl::expected<Tree, ParseError> parse_event(Kind kind, std::string_view json) {
  const auto is_of_pod = [](const Tree& tree) {
    const auto type = tree.is_object() ? tree.find("type") : tree.end();
    return type != tree.end() && (*type == "ADDED" || *type == "MODIFIED" || *type == "DELETED");
  };
  if (kind == Kind::pod) {
    if (auto tree = parse_needed(json, event); tree && is_of_pod(*tree)) return *std::move(tree);
  }
  return parse_json(json);
}

}  // namespace selvedge::k8s
