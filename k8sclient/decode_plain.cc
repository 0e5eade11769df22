#include "k8sclient/decode_plain.h"

#include <bit>
#include <cstring>

namespace selvedge::k8s {

namespace {

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

}  // namespace

PlainJson::PlainJson(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

// ---- tokens

void PlainJson::space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
}

bool PlainJson::ends() {
  space();
  return at_ == end_;
}

bool PlainJson::take(char c) {
  space();
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

bool PlainJson::word(std::string_view wanted) {
  space();
  if (static_cast<std::size_t>(end_ - at_) < wanted.size() || std::string_view(at_, wanted.size()) != wanted) {
    return false;
  }
  at_ += wanted.size();
  return true;
}

void PlainJson::run_of_text() {
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

bool PlainJson::is_new(std::string_view key, std::size_t first) {
  if (open_keys_ - first >= most_keys || open_keys_ == keys_.size()) return false;
  for (std::size_t i = first; i < open_keys_; ++i) {
    if (keys_[i] == key) return false;
  }
  keys_[open_keys_++] = key;
  return true;
}

// ---- values

bool PlainJson::text(std::string_view& value) {
  if (!take('"')) return false;
  const char* const begin = at_;
  run_of_text();
  if (at_ == end_ || *at_ != '"') return false;
  value = {begin, static_cast<std::size_t>(at_ - begin)};
  ++at_;
  return true;
}

bool PlainJson::number(std::int64_t& value) {
  space();
  const bool negative = at_ != end_ && *at_ == '-';
  if (negative) ++at_;
  const char* const begin = at_;
  value = 0;
  const auto more = [&] { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; };
  for (; more() && at_ - begin < static_cast<std::ptrdiff_t>(most_digits); ++at_) value = value * 10 + (*at_ - '0');
  if (at_ == begin || more() || (*begin == '0' && at_ - begin > 1)) return false;
  if (negative) value = -value;
  return at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
}

bool PlainJson::boolean(bool& value) {
  value = word("true");
  return value || word("false");
}

// ---- what nobody reads

bool PlainJson::step_over_text() {
  if (!take('"')) return false;
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

bool PlainJson::step_over() {
  return step_over(false);
}

bool PlainJson::step_over(bool in_metadata) {
  space();
  if (at_ == end_) return false;
  std::int64_t number_there = 0;
  switch (*at_) {
    case '"':
      return step_over_text();
    case '{':
      return object([&](std::string_view key) { return step_over_member(key, in_metadata); });
    case '[':
      return list([&] { return step_over(false); });
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      return number(number_there);
  }
}

bool PlainJson::step_over_member(std::string_view key, bool in_metadata) {
  return in_metadata && key == "managedFields" ? step_over_grammar() : step_over(key == "metadata");
}

// Keys may have escapes here ("k:{\"name\":…}"), and nobody counts them.
bool PlainJson::step_over_grammar() {
  space();
  if (at_ == end_) return false;
  if (*at_ == '[') return list([&] { return step_over_grammar(); });
  if (*at_ != '{') return step_over(false);
  if (depth_ == deepest) return false;
  ++depth_;
  ++at_;
  bool well = take('}');
  if (!well) {
    do {
      well = step_over_text() && take(':') && step_over_grammar();
    } while (well && take(','));
    well = well && take('}');
  }
  --depth_;
  return well;
}

}  // namespace selvedge::k8s
