// yaml-cpp's events into trees. Its own Node is not used: it forgets where a
// scalar was quoted, keeps the last of two equal keys and expands aliases without
// limit. Its exceptions end in this file.
#include "k8sclient/decode_yaml.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace selvedge::k8s {

namespace {

constexpr std::string_view yaml_tag = "tag:yaml.org,2002:";
// What all aliases of a document may stand for together, in bytes as they weigh in memory.
constexpr std::size_t alias_budget = 64 << 20;

struct Measure {
  std::size_t weight = 0;
  std::size_t height = 0;
};

// Recursion is bounded by deepest_nesting.
Measure measure(const Tree& tree) {
  Measure sum{.weight = 64, .height = 0};
  if (tree.is_string()) sum.weight += tree.get_ref<const std::string&>().size();
  if (!tree.is_structured()) return sum;
  for (const auto& item : tree.items()) {
    const Measure child = measure(item.value());
    sum.weight += child.weight + item.key().size();
    sum.height = std::max(sum.height, child.height);
  }
  ++sum.height;
  return sum;
}

struct Anchored {
  Tree value;
  Measure measure;
};

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& message) {
  throw YAML::ParserException(mark, message);
}

Tree tagged_scalar(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
  if (tag == "?" || tag.empty()) return plain_scalar(text);
  if (!tag.starts_with(yaml_tag)) return text;  // quoted, or a tag of somebody's own
  const std::string type = tag.substr(yaml_tag.size());
  Tree value = plain_scalar(text);
  const bool fits = (type == "bool" && value.is_boolean()) || (type == "null" && value.is_null()) ||
                    (type == "int" && value.is_number_integer()) || (type == "float" && value.is_number());
  if (fits) return value;
  if (type == "bool" || type == "null" || type == "int" || type == "float") {
    refuse(mark, shown(text) + " is not what its tag !!" + type + " says");
  }
  return text;
}

// Merge keys ("<<"): what the map says itself wins, then the first of the merged.
std::string merge_into(Tree& map, const Tree& merged) {
  if (merged.is_object()) {
    map.insert(merged.begin(), merged.end());
    return {};
  }
  if (!merged.is_array()) return "the value of a merge key (<<) is not a mapping";
  for (const Tree& one : merged) {
    if (!one.is_object()) return "the value of a merge key (<<) holds something that is not a mapping";
    map.insert(one.begin(), one.end());
  }
  return {};
}

std::string apply_merge_keys(Tree& tree) {
  if (!tree.is_structured()) return {};
  for (Tree& child : tree) {
    if (std::string wrong = apply_merge_keys(child); !wrong.empty()) return wrong;
  }
  const auto found = tree.is_object() ? tree.find("<<") : tree.end();
  if (found == tree.end()) return {};
  const Tree merged = std::move(*found);
  tree.erase(found);
  return merge_into(tree, merged);
}

class Events : public YAML::EventHandler {
 public:
  Tree take() {
    Tree tree = builder_.take();
    if (!merges_) return tree;
    if (const std::string wrong = apply_merge_keys(tree); !wrong.empty()) refuse(start_, wrong);
    return tree;
  }
  std::size_t line() const { return static_cast<std::size_t>(start_.line) + 1; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The parser does not move past a stray bracket between documents: it would go on for ever.
    if (started_ && mark.pos == start_.pos) refuse(mark, "unexpected text after the end of a document");
    started_ = true;
    start_ = mark;
    anchors_.clear();
    spent_ = 0;
    merges_ = false;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, Tree(), "", anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (expects_key() && tag == "?" && text == "<<") merges_ = true;
    leaf(mark, tagged_scalar(mark, tag, text), text, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Tree::value_t::array, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Tree::value_t::object, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    bool map = false;
    bool expects_key = false;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
  };

  bool expects_key() const { return !frames_.empty() && frames_.back().expects_key; }
  void value_done() {
    if (!frames_.empty() && frames_.back().map) frames_.back().expects_key = true;
  }
  void leaf(const YAML::Mark& mark, Tree value, const std::string& text, YAML::anchor_t anchor);
  void open(const YAML::Mark& mark, Tree::value_t type, YAML::anchor_t anchor);
  void close();
  void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const Tree& value);
  void spend(const YAML::Mark& mark, std::size_t weight);
  void check(const YAML::Mark& mark, const std::string& wrong) {
    if (!wrong.empty()) refuse(mark, wrong);
  }

  TreeBuilder builder_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t spent_ = 0;
  YAML::Mark start_;
  bool started_ = false;
  bool merges_ = false;
};

void Events::leaf(const YAML::Mark& mark, Tree value, const std::string& text, YAML::anchor_t anchor) {
  remember(mark, anchor, value);
  if (!expects_key()) {
    builder_.value(std::move(value));
    return value_done();
  }
  if (value.is_null()) refuse(mark, "a key is missing");
  // As kubectl: an unquoted yes: becomes "true":, 0x50: becomes "80":.
  check(mark,
        builder_.key(value.is_string() ? value.get<std::string>() : (value.is_number_float() ? text : value.dump())));
  frames_.back().expects_key = false;
}

void Events::open(const YAML::Mark& mark, Tree::value_t type, YAML::anchor_t anchor) {
  if (expects_key()) refuse(mark, "a key is a mapping or a list, not a text");
  check(mark, builder_.open(type));
  const bool map = type == Tree::value_t::object;
  frames_.push_back({.map = map, .expects_key = map, .anchor = anchor, .mark = mark});
}

void Events::close() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  remember(frame.mark, frame.anchor, builder_.close());
  value_done();
}

void Events::remember(const YAML::Mark& mark, YAML::anchor_t anchor, const Tree& value) {
  if (anchor == 0) return;
  const Measure size = measure(value);
  spend(mark, size.weight);
  anchors_[anchor] = {.value = value, .measure = size};
}

void Events::spend(const YAML::Mark& mark, std::size_t weight) {
  spent_ += weight;
  if (spent_ > alias_budget) refuse(mark, "aliases stand for more than " + std::to_string(alias_budget) + " bytes");
}

void Events::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) refuse(mark, "an alias stands inside of what it refers to");
  const auto& [value, size] = found->second;
  spend(mark, size.weight);
  if (builder_.depth() + size.height > deepest_nesting) refuse(mark, "aliases nest too deep");
  if (expects_key() && value.is_structured()) refuse(mark, "a key is a mapping or a list, not a text");
  leaf(mark, value, value.is_string() ? value.get<std::string>() : value.dump(), 0);
}

std::optional<ParseError> parse_documents(
    std::string_view text, const std::function<std::optional<ParseError>(Tree, std::size_t line)>& document) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  Events events;
  while (parser.HandleNextDocument(events)) {
    Tree tree = events.take();
    if (auto error = document(std::move(tree), events.line())) return error;
  }
  return std::nullopt;
}

std::size_t counted(int from_zero) {
  return from_zero < 0 ? 0 : static_cast<std::size_t>(from_zero) + 1;
}

}  // namespace

std::optional<ParseError> parse_yaml(std::string_view text,
                                     const std::function<std::optional<ParseError>(Tree, std::size_t line)>& document) {
  try {
    return parse_documents(text, document);
  } catch (const YAML::Exception& error) {
    return ParseError{.line = counted(error.mark.line), .column = counted(error.mark.column), .message = error.msg};
  } catch (const std::exception& error) {
    return ParseError{.message = std::string("is not YAML: ") + error.what()};
  }
}

}  // namespace selvedge::k8s
