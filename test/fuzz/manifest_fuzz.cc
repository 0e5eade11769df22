// Manifests: nothing of a text is left out in silence, and one meaning has one
// tree. To any text another document is appended: either the whole is refused, or that document's object comes last.
#include <nlohmann/json.hpp>

#include "k8sclient/decode.h"
#include "k8sclient/decode_yaml.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/objects.h"

namespace {

using namespace selvedge::k8s;  // NOLINT: all of it is about its types
using selvedge::fuzz::require;

bool has_binary(const Tree& tree) {
  if (tree.is_binary()) return true;
  return tree.is_structured() && std::any_of(tree.begin(), tree.end(), [](const Tree& one) { return has_binary(one); });
}

// JSON is YAML: what a tree prints is the same tree again, unless the YAML reader says that it is not for it.
void expect_json_to_say_the_same(const Tree& tree) {
  if (has_binary(tree)) return;
  const std::string text = tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
  const auto parsed = parse_json(text);
  require(parsed && (*parsed == tree || parsed->dump() == text), "JSON says something else: " + text);
  std::vector<Tree> documents;
  const auto error = parse_yaml(text, [&](Tree document, std::size_t) -> std::optional<ParseError> {
    documents.push_back(std::move(document));
    return std::nullopt;
  });
  require(error || (documents.size() == 1 && documents[0] == *parsed), "YAML says something else: " + text);
}

std::size_t expect_all_documents_to_be_trees(std::string_view text) {
  std::size_t line_before = 0;
  std::size_t count = 0;
  (void)parse_yaml(text, [&](const Tree& tree, std::size_t line) -> std::optional<ParseError> {
    require(line >= line_before, "documents go backwards");
    line_before = line;
    ++count;
    expect_json_to_say_the_same(tree);
    return std::nullopt;
  });
  return count;
}

void expect_nothing_to_be_swallowed(const std::string& text, std::size_t objects) {
  const auto longer = decode_manifest(text + "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: the-last}}\n");
  if (!longer) return;
  require(!longer->empty() && meta_of(longer->back().object).name == "the-last", "the last document was swallowed");
  require(longer->size() == objects + 1, "another document changes the number of objects");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  expect_all_documents_to_be_trees(text);
  const auto objects = decode_manifest(text);
  if (!objects) {
    require(!objects.error().message.empty(), "an error says nothing");
    return 0;
  }
  for (const Decoded& one : *objects) selvedge::fuzz::expect_honest(one);
  const bool utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
  if (!utf16) expect_nothing_to_be_swallowed(text, objects->size());
  return 0;
}
