// Cuts the items out of a list's JSON while it arrives, so that no tree of the
// whole list ever exists. Chunks may be cut anywhere, in the middle of a
// character or an escape, too. What is inside of a value is not judged here: who
// decodes the piece does that.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "k8sclient/line_splitter.h"

namespace selvedge::k8s {

// Finds where one JSON value ends.
class ValueEnd {
 public:
  // How many bytes of `text` still belong to the value. The first call starts the value with text's first byte.
  std::size_t scan(std::string_view text);
  bool reached() const { return state_ == State::ended; }

 private:
  enum class State { before, scalar, nested, text, escape, ended };
  void step(char c);
  std::size_t undecided(std::string_view text) const;  // how many bytes at its front change nothing

  State state_ = State::before;
  std::size_t depth_ = 0;
};

class JsonItems {
 public:
  struct Member {  // of the outer object, except the array "items"
    std::string name;
    std::string value;  // JSON
  };
  struct Item {
    std::string text;  // JSON
    bool cut = false;  // it was too large; the text is its beginning
  };
  using Piece = std::variant<Member, Item>;

  // The pieces that end in `chunk`, as far as it is a list.
  std::vector<Piece> feed(std::string_view chunk);
  // Why it is not a list; empty: it is, so far. Once it is not, nothing more comes out.
  const std::string& wrong() const { return wrong_; }
  bool complete() const { return place_ == Place::after && wrong_.empty(); }
  bool items_seen() const { return items_seen_; }  // the array has begun

 private:
  enum class Place {
    before,      // of the outer object
    first_name,  // a member's name, or the end
    name,
    colon,
    value,
    value_end,   // a comma, or the end
    first_item,  // an item, or the end
    item,
    item_end,
    after,
  };
  // What one byte between values means, or why it is wrong.
  std::string punctuation(char c);
  std::string next(std::string_view& chunk);  // takes something off the front; what is wrong with it
  std::string expect(char c, char wanted, Place next);
  std::string expect_comma(char c, char closing, Place next, Place outer);
  std::string begin_name(char c);
  std::string begin_item(char c);
  void begin_value(Place place);
  std::size_t consume(std::string_view chunk);
  void keep(std::string_view part);

  Place place_ = Place::before;
  bool inside_ = false;  // of a name, value or item
  bool items_seen_ = false;
  ValueEnd end_;
  std::string text_;  // of the open name, value or item
  bool cut_ = false;
  std::string name_;
  std::vector<Piece> pieces_;  // of the present chunk
  std::string wrong_;
};

}  // namespace selvedge::k8s
