// yaml-cpp's events into trees. Its own Node is not used: it forgets where a
// scalar was quoted, keeps the last of two equal keys and expands aliases without
// limit. Its exceptions end in this file.
#include "k8sclient/decode_yaml.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "k8sclient/decode_bytes.h"

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
  if (tree.is_binary()) sum.weight += tree.get_binary().size();
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
    refuse(mark, "the value is not what its tag !!" + type + " says");  // unquoted: it may be a secret
  }
  // kubectl decodes its base64. No field that we read is a text by nature: it fails closed there.
  if (type == "binary") return Tree::binary({text.begin(), text.end()});
  return text;
}

// Quoted it is a key like any other.
bool is_merge_key(const std::string& tag, const std::string& text) {
  return text == "<<" && (tag == "?" || tag == std::string(yaml_tag) + "merge");
}

class Events : public YAML::EventHandler {
 public:
  Tree take() { return builder_.take(); }
  std::size_t line() const { return static_cast<std::size_t>(start_.line) + 1; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The parser does not move past a stray bracket between documents: it would go on for ever.
    if (started_ && mark.pos == start_.pos) refuse(mark, "unexpected text after the end of a document");
    started_ = true;
    fresh_ = true;
    start_ = mark;
    anchors_.clear();
    spent_ = 0;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!frames_.empty() && frames_.back().map && !expects_key()) check(mark, fault_of_missing_value(mark));
    leaf(mark, Tree(), "", anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const bool merges = expects_key() && is_merge_key(tag, text);
    leaf(mark, tagged_scalar(mark, tag, text), text, anchor);
    if (merges) merge_follows(mark);
    if (!frames_.empty() && tag == "?") frames_.back().key_end = mark.pos + static_cast<int>(text.size());
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Tree::value_t::array, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, Tree::value_t::object, anchor);
    frames_.back().flow = style == YAML::EmitterStyle::Flow;
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    bool map = false;
    bool expects_key = false;
    bool merging = false;  // the value to come is that of a merge key
    bool merged = false;   // there was one
    bool flow = false;     // written with braces
    int key_begin = -1;    // of the last key
    int key_end = -1;      // of a plain one
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
  };

  bool expects_key() const { return !frames_.empty() && frames_.back().expects_key; }
  std::string fault_of_missing_value(const YAML::Mark& mark) const;
  void merge_follows(const YAML::Mark& mark);
  void value_done(const YAML::Mark& mark);
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
  bool fresh_ = true;  // no key of the document has been seen
};

std::string Events::fault_of_missing_value(const YAML::Mark& mark) const {
  const Frame& frame = frames_.back();
  // At the end of the text the parser takes a lone word for a key; the value that it makes up is where the key is.
  if (frame.key_begin == mark.pos) return "a key has no colon";
  const bool adjacent = frame.flow && frame.key_end >= 0 && frame.key_end + 1 == mark.pos;
  return adjacent ? "a colon stands right before a sign: programs differ on whether it is part of the key" : "";
}

void Events::merge_follows(const YAML::Mark& mark) {
  Frame& frame = frames_.back();
  if (frame.merged) refuse(mark, "key \"<<\" occurs twice");
  frame.merging = frame.merged = true;
}

void Events::value_done(const YAML::Mark& mark) {
  if (frames_.empty() || !frames_.back().map) return;
  frames_.back().expects_key = true;
  if (std::exchange(frames_.back().merging, false)) check(mark, builder_.merge());
}

void Events::leaf(const YAML::Mark& mark, Tree value, const std::string& text, YAML::anchor_t anchor) {
  remember(mark, anchor, value);
  if (!expects_key()) {
    if (value.is_number_float() && !std::isfinite(value.get<double>()))
      refuse(mark, "an infinity, or no number, has no form in JSON");
    builder_.value(std::move(value));
    return value_done(mark);
  }
  if (value.is_null() || value.is_binary()) refuse(mark, "a key is missing");
  // As kubectl: an unquoted yes: becomes "true":, 0x50: becomes "80":.
  std::string key = value.is_string() ? value.get<std::string>() : value.is_number_float() ? text : value.dump();
  // Files that were joined have the mark inside.
  if (std::exchange(fresh_, false)) key = without_byte_order_mark(key);
  check(mark, builder_.key(std::move(key)));
  frames_.back().expects_key = false;
  frames_.back().key_begin = mark.pos;
  frames_.back().key_end = -1;
}

void Events::open(const YAML::Mark& mark, Tree::value_t type, YAML::anchor_t anchor) {
  if (expects_key()) refuse(mark, "a key is a mapping or a list, not a text");
  check(mark, builder_.open(type));
  const bool map = type == Tree::value_t::object;
  frames_.push_back({.map = map,
                     .expects_key = map,
                     .merging = false,
                     .merged = false,
                     .flow = false,
                     .key_begin = -1,
                     .key_end = -1,
                     .anchor = anchor,
                     .mark = mark});
}

void Events::close() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  remember(frame.mark, frame.anchor, builder_.close());
  value_done(frame.mark);
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
  if (auto unfit = unfit_for_yaml(text)) return unfit;
  try {
    return parse_documents(text, document);
  } catch (const YAML::Exception& error) {
    return ParseError{.line = counted(error.mark.line), .column = counted(error.mark.column), .message = error.msg};
  } catch (const std::exception& error) {
    return ParseError{.message = std::string("is not YAML: ") + error.what()};
  }
}

}  // namespace selvedge::k8s
