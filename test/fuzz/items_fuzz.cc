// Lists of the API server and their items. Whatever the chunks, the pieces are
// those that a parser of the whole text finds; an object that was not understood says so and allows nothing.
#include <nlohmann/json.hpp>

#include "k8sclient/decode.h"
#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_plain.h"
#include "k8sclient/decode_tree.h"
#include "k8sclient/json_items.h"
#include "k8sclient/list_page.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/objects.h"

namespace {

using namespace selvedge::k8s;  // NOLINT: all of it is about its types
using selvedge::fuzz::Input;
using selvedge::fuzz::require;

struct Cut {
  std::vector<JsonItems::Piece> pieces;
  std::string wrong;
  bool complete = false;
};

bool same(const JsonItems::Piece& a, const JsonItems::Piece& b) {
  if (a.index() != b.index()) return false;
  if (const auto* item = std::get_if<JsonItems::Item>(&a)) {
    return item->text == std::get<JsonItems::Item>(b).text && item->cut == std::get<JsonItems::Item>(b).cut;
  }
  const auto& member = std::get<JsonItems::Member>(a);
  return member.name == std::get<JsonItems::Member>(b).name && member.value == std::get<JsonItems::Member>(b).value;
}

// `step` bytes at a time.
Cut cut(std::string_view text, std::size_t step) {
  JsonItems items;
  Cut all;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    for (auto& piece : items.feed(text.substr(0, step))) all.pieces.push_back(std::move(piece));
  }
  all.wrong = items.wrong();
  all.complete = items.complete();
  return all;
}

void expect_no_chunking_to_matter(const Cut& whole, std::string_view text, std::size_t step) {
  const Cut parts = cut(text, step);
  require(parts.wrong == whole.wrong && parts.complete == whole.complete, "chunks change the end");
  require(std::equal(parts.pieces.begin(), parts.pieces.end(), whole.pieces.begin(), whole.pieces.end(), same),
          "chunks change the pieces");
}

// The pieces of a text that is JSON are its members and items, in their order.
void expect_what_a_parser_sees(const Cut& whole, std::string_view text) {
  const auto tree = parse_json(text);
  if (!tree || !tree->is_object()) return;
  require(whole.wrong.empty() && whole.complete, "an object that parses is not cut: " + whole.wrong);
  const auto found = tree->find("items");
  const Tree items = found != tree->end() && found->is_array() ? *found : Tree::array();
  std::size_t index = 0;
  for (const auto& piece : whole.pieces) {
    const auto* item = std::get_if<JsonItems::Item>(&piece);
    if (item == nullptr) continue;
    const auto parsed = parse_json(item->text);
    require(parsed && index < items.size() && *parsed == items[index], "an item is not what the whole text holds");
    ++index;
  }
  require(index == items.size(), "items are missing");
}

void expect_pages_to_end(Kind kind, std::string_view text) {
  ListPage page(kind);
  for (const auto& entry : page.feed(text)) {
    if (const auto* decoded = std::get_if<Decoded>(&entry)) selvedge::fuzz::expect_honest(*decoded);
  }
  const auto end = page.end();
  require(!end || !end->version.empty(), "a page without a resource version counts");
}

// The quick way to read a pod finds what the thorough one does, its refusals included.
void expect_one_reading(std::string_view text) {
  const auto tree = parse_json(text);
  PlainJson plain(text);
  if (plain.step_over() && plain.ends()) require(tree.has_value(), "plain, and no JSON");
  const auto decoded = decode(Kind::pod, text);
  const auto thorough = tree ? decode_item(Kind::pod, *tree) : tl::unexpected(DecodeError{to_string(tree.error())});
  require(decoded.has_value() == thorough.has_value(), "a pod by one reading only");
  if (!decoded) return require(decoded.error().message == thorough.error().message, "two faults");
  require(decoded->object == thorough->object && decoded->problems == thorough->problems, "two pods");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Kind kind = static_cast<Kind>(input.below(5));
  const std::size_t step = 1 + input.below(40);
  const std::string_view text = input.rest();
  const Cut whole = cut(text, text.size() + 1);
  expect_no_chunking_to_matter(whole, text, step);
  expect_no_chunking_to_matter(whole, text, 1);
  expect_what_a_parser_sees(whole, text);
  expect_pages_to_end(kind, text);
  expect_one_reading(text);
  if (const auto decoded = decode(kind, text)) selvedge::fuzz::expect_honest(*decoded);
  (void)decode_key(text);
  return 0;
}
