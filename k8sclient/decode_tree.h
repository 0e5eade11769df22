// One tree of values for both JSON and YAML texts, so that one decoder reads
// both. Building it is where hostile texts meet their bounds: nesting is limited
// (the tree may then be walked by recursion) and a key may occur once.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

namespace selvedge::k8s {

using Tree = nlohmann::json;

// What stopped the reading of a text, and where. Line and column count from 1; 0: not known.
struct ParseError {
  std::size_t line = 0;
  std::size_t column = 0;
  std::string message;
};
std::string to_string(const ParseError& error);  // "line 3, column 14: …"
// The place of the last byte before `offset`.
ParseError error_at(std::string_view text, std::size_t offset, std::string message);

// Deeper than any object of Kubernetes, CustomResourceDefinitions included.
inline constexpr std::size_t deepest_nesting = 200;

// Puts a tree together from the events of a parser. Each step answers what is wrong with it,
// or nothing; after a wrong step the builder must not be used further.
class TreeBuilder {
 public:
  std::string open(Tree::value_t type);  // object or array
  std::string key(std::string name);
  void value(Tree leaf);  // also a whole copied subtree; its height is the caller's to check
  const Tree& close();    // the object or array that ends
  // The value under the last key was that of a merge key ("<<"): its entries move into the mapping around it.
  // What stands there before must agree with them; what comes after overrides them.
  std::string merge();

  std::size_t depth() const { return open_.size(); }
  bool in_metadata() const { return !open_.empty() && open_.back().key == "metadata"; }
  Tree take();

 private:
  struct Frame {
    Tree* container = nullptr;
    std::string key;               // under which the container is stored
    std::string next;              // the key of the value to come
    std::set<std::string> merged;  // keys that only merge() brought
  };
  Tree& place(Tree value);
  static std::string merge_one(Frame& frame, const Tree& merged);

  Tree root_;
  std::vector<Frame> open_;
};

// One JSON value and nothing after it.
tl::expected<Tree, ParseError> parse_json(std::string_view text);

// `value` as a person may see it: JSON, without control characters, cut to a few dozen bytes.
std::string shown(const Tree& value);

}  // namespace selvedge::k8s
