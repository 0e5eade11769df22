// Two levels: `punctuation` walks the outer object and its array byte by byte,
// `consume` runs through a value to its end without looking at what it says.
#include "k8sclient/json_items.h"

#include <utility>

#include "k8sclient/decode_tree.h"

namespace selvedge::k8s {

namespace {

constexpr std::string_view whitespace = " \t\r\n";

// As a parser would read it, so that "it\u0065ms" is no way around.
std::string unescaped(std::string_view quoted) {
  if (quoted.find('\\') != std::string_view::npos) {
    const auto name = parse_json(quoted);
    if (name && name->is_string()) return name->get<std::string>();
  }
  return std::string(quoted.substr(1, quoted.size() - 2));
}

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

std::string unexpected_byte(char c) {
  if (c >= ' ' && c <= '~') return std::string("is not the JSON of a list: unexpected '") + c + "'";
  return "is not the JSON of a list: unexpected byte " + std::to_string(static_cast<unsigned char>(c));
}

}  // namespace

// Most bytes decide nothing.
std::size_t ValueEnd::undecided(std::string_view text) const {
  const auto run = [&](const auto& counts) {
    std::size_t at = 0;
    while (at < text.size() && !counts(text[at])) ++at;
    return at;
  };
  if (state_ == State::text) return run([](char c) { return c == '"' || c == '\\'; });
  if (state_ == State::nested) {
    // '[' and '{', ']' and '}' differ in one bit.
    return run([](char c) { return c == '"' || (c | 0x20) == '{' || (c | 0x20) == '}'; });
  }
  return 0;
}

std::size_t ValueEnd::scan(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    at += undecided(text.substr(at));
    if (at == text.size()) break;
    if (state_ == State::scalar && is_one_of(text[at], ",:]} \t\r\n")) {
      state_ = State::ended;
      return at;
    }
    step(text[at]);
    if (state_ == State::ended) return at + 1;
  }
  return text.size();
}

void ValueEnd::step(char c) {
  const State out_of_text = depth_ == 0 ? State::ended : State::nested;
  switch (state_) {
    case State::escape:
      state_ = State::text;
      return;
    case State::text:
      if (c == '\\') state_ = State::escape;
      if (c == '"') state_ = out_of_text;
      return;
    case State::before:
    case State::nested:
      if (c == '"') {
        state_ = State::text;
      } else if (c == '{' || c == '[') {
        ++depth_;
        state_ = State::nested;
      } else if (state_ == State::before) {
        state_ = State::scalar;
      } else if ((c == '}' || c == ']') && --depth_ == 0) {
        state_ = State::ended;
      }
      return;
    case State::scalar:
    case State::ended:
      return;
  }
}

std::vector<JsonItems::Piece> JsonItems::feed(std::string_view chunk) {
  while (!chunk.empty() && wrong_.empty()) wrong_ = next(chunk);
  return std::exchange(pieces_, {});
}

std::string JsonItems::next(std::string_view& chunk) {
  if (inside_) {
    chunk.remove_prefix(consume(chunk));
    return cut_ && place_ != Place::item ? "has a huge value beside its items" : "";
  }
  const char c = chunk.front();
  std::string wrong = is_one_of(c, whitespace) ? "" : punctuation(c);
  if (!inside_) chunk.remove_prefix(1);  // the first byte of a value is left to `consume`
  return wrong;
}

std::string JsonItems::punctuation(char c) {
  switch (place_) {
    case Place::before:
      return expect(c, '{', Place::first_name);
    case Place::first_name:
      return c == '}' ? expect(c, '}', Place::after) : begin_name(c);
    case Place::name:
      return begin_name(c);
    case Place::colon:
      return expect(c, ':', Place::value);
    case Place::value:
      if (name_ == "items" && items_seen_) return "has two arrays of items";
      if (name_ == "items" && c == '[') {
        items_seen_ = true;
        return expect(c, '[', Place::first_item);
      }
      return begin_item(c);
    case Place::value_end:
      return expect_comma(c, '}', Place::name, Place::after);
    case Place::first_item:
      return c == ']' ? expect(c, ']', Place::value_end) : begin_item(c);
    case Place::item:
      return begin_item(c);
    case Place::item_end:
      return expect_comma(c, ']', Place::item, Place::value_end);
    case Place::after:
      break;
  }
  return unexpected_byte(c);
}

std::string JsonItems::expect(char c, char wanted, Place next) {
  if (c != wanted) return unexpected_byte(c);
  place_ = next;
  return {};
}

std::string JsonItems::expect_comma(char c, char closing, Place next, Place outer) {
  if (c != ',' && c != closing) return unexpected_byte(c);
  place_ = c == ',' ? next : outer;
  return {};
}

std::string JsonItems::begin_name(char c) {
  if (c != '"') return unexpected_byte(c);
  begin_value(Place::name);
  return {};
}

std::string JsonItems::begin_item(char c) {
  if (is_one_of(c, ",:]}")) return unexpected_byte(c);
  begin_value(place_ == Place::first_item ? Place::item : place_);
  return {};
}

void JsonItems::begin_value(Place place) {
  place_ = place;
  inside_ = true;
  end_ = ValueEnd();
  text_.clear();
  cut_ = false;
}

// How many bytes of the chunk belong to the open name, value or item.
std::size_t JsonItems::consume(std::string_view chunk) {
  const std::size_t size = end_.scan(chunk);
  keep(chunk.substr(0, size));
  if (!end_.reached()) return size;
  inside_ = false;
  if (place_ == Place::name) {
    name_ = unescaped(text_);
    place_ = Place::colon;
  } else if (place_ == Place::value) {
    pieces_.push_back(Member{.name = name_, .value = std::move(text_)});
    place_ = Place::value_end;
  } else {
    pieces_.push_back(Item{.text = text_, .cut = std::exchange(cut_, false)});
    place_ = Place::item_end;
  }
  return size;
}

void JsonItems::keep(std::string_view part) {
  if (cut_) return;
  text_ += part;
  if (text_.size() <= largest_object) return;
  cut_ = true;
  text_.resize(kept_beginning);
  text_.shrink_to_fit();
}

}  // namespace selvedge::k8s
