// YAML 1.1 scalars as kubectl's library (go-yaml v2) resolves them; timestamps
// and sexagesimals stay text there, and so they do here.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "k8sclient/decode_yaml.h"

namespace selvedge::k8s {

namespace {

struct Word {
  std::string_view text;
  int means;  // -1: null, 0: false, 1: true
};
constexpr std::array<Word, 27> words{{
    {"", -1},     {"~", -1},    {"null", -1}, {"Null", -1}, {"NULL", -1},  //
    {"y", 1},     {"Y", 1},     {"yes", 1},   {"Yes", 1},   {"YES", 1},   {"true", 1},
    {"True", 1},  {"TRUE", 1},  {"on", 1},    {"On", 1},    {"ON", 1},  //
    {"n", 0},     {"N", 0},     {"no", 0},    {"No", 0},    {"NO", 0},    {"false", 0},
    {"False", 0}, {"FALSE", 0}, {"off", 0},   {"Off", 0},   {"OFF", 0},
}};

std::string without_underscores(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  return digits;
}

// The base that a prefix announces; the prefix is taken off.
int base_of(std::string_view& digits) {
  const auto prefixed = [&](std::string_view lower, std::string_view upper) {
    return digits.size() > 2 && (digits.starts_with(lower) || digits.starts_with(upper));
  };
  const int base = prefixed("0x", "0X") ? 16 : prefixed("0b", "0B") ? 2 : prefixed("0o", "0O") ? 8 : 0;
  if (base != 0) {
    digits.remove_prefix(2);
    return base;
  }
  return digits.size() > 1 && digits.front() == '0' ? 8 : 10;
}

std::optional<Tree> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const int base = base_of(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!negative) return Tree(value);
  if (value == largest + 1) return Tree(std::numeric_limits<std::int64_t>::min());
  if (value > largest) return std::nullopt;
  return Tree(-static_cast<std::int64_t>(value));
}

bool looks_like_a_float(std::string_view text) {
  return text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

std::optional<Tree> floating(const std::string& text) {
  if (!looks_like_a_float(text)) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !std::isfinite(value)) return std::nullopt;
  // On its way through JSON, kubectl writes 80.0 as 80.
  constexpr double exact = 9007199254740992.0;
  if (std::trunc(value) == value && std::fabs(value) < exact) return Tree(static_cast<std::int64_t>(value));
  return Tree(value);
}

// go-yaml reads what begins with a point by Go's own rules.
bool underscores_part_digits(std::string_view text) {
  const auto is_digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '_' && !(is_digit(at - 1) && is_digit(at + 1))) return false;
  }
  return true;
}

std::optional<Tree> infinite(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return Tree(std::numeric_limits<double>::quiet_NaN());
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return Tree(std::numeric_limits<double>::infinity());
  return std::nullopt;
}

}  // namespace

Tree plain_scalar(const std::string& text) {
  for (const Word& word : words) {
    if (word.text == text) return word.means < 0 ? Tree() : Tree(word.means == 1);
  }
  if (std::string_view("0123456789+-.").find(text.front()) == std::string_view::npos) return text;
  if (auto number = infinite(text)) return *std::move(number);
  if (text.front() == '.' && !underscores_part_digits(text)) return text;
  const std::string digits = without_underscores(text);
  if (auto number = integer(digits)) return *std::move(number);
  if (auto number = floating(digits)) return *std::move(number);
  return text;
}

}  // namespace selvedge::k8s
