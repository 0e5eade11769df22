// Bytes become text before any parser sees them.
#include "k8sclient/decode_bytes.h"

#include <cstdint>
#include <cstdio>

namespace selvedge::k8s {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::uint32_t replacement = 0xfffd;

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto rest = [&](unsigned shift) { put(0x80U | ((code >> shift) & 0x3fU)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0U | code >> 6U);
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    rest(6);
  } else {
    put(0xf0U | code >> 18U);
    rest(12);
    rest(6);
  }
  rest(0);
}

class Units {
 public:
  Units(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  bool more() const { return at_ < bytes_.size(); }
  // A half unit at the end, or half a pair, is the replacement character.
  std::uint32_t next() {
    const std::uint32_t first = unit();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first > 0xdbff || !more()) return replacement;
    const std::size_t back = at_;
    const std::uint32_t second = unit();
    if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10U) + (second - 0xdc00);
    at_ = back;
    return replacement;
  }

 private:
  std::uint32_t unit() {
    if (bytes_.size() - at_ < 2) {
      at_ = bytes_.size();
      return replacement;
    }
    const auto first = static_cast<std::uint8_t>(bytes_[at_]);
    const auto second = static_cast<std::uint8_t>(bytes_[at_ + 1]);
    at_ += 2;
    return big_endian_ ? first * 256U + second : second * 256U + first;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool big_endian_;
};

// Of the well-formed UTF-8 character that `text` starts with (RFC 3629); 0: it starts with none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0U) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool beyond = (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf4 && byte(1) > 0x8f);
  return overlong || beyond ? 0 : length;
}

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

std::string hexadecimal(char c) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
  return text;
}

bool is_stray_directive(std::string_view line) {
  return line.starts_with('%') && !line.starts_with("%YAML ") && !line.starts_with("%TAG ");
}

// kubectl's parser ends lines (and comments) here, ours does not.
bool is_odd_line_end(std::string_view text) {
  const bool lone_return = text[0] == '\r' && !text.starts_with("\r\n");
  return lone_return || text.starts_with("\xc2\x85") || text.starts_with("\xe2\x80\xa8") ||
         text.starts_with("\xe2\x80\xa9");
}

std::string fault_at(std::string_view text, bool begins_line) {
  if (is_control(text[0])) return "control character " + hexadecimal(text[0]) + " is not allowed";
  if (utf8_length(text) == 0) return "byte " + hexadecimal(text[0]) + " is not UTF-8";
  if (is_odd_line_end(text)) return "a line end that not all programs take for one (escape it, or use a line feed)";
  // In quotes it would be text, but nobody can tell by the line; the parser would leave it out.
  if (begins_line && is_stray_directive(text)) return "a line that begins with % is no text (indent it if it is)";
  return {};
}

}  // namespace

std::optional<std::string> from_utf16(std::string_view bytes) {
  const bool little = bytes.starts_with("\xff\xfe");
  const bool big = bytes.starts_with("\xfe\xff");
  const bool utf32 = bytes.starts_with(std::string_view("\xff\xfe\0\0", 4));
  if ((!little && !big) || utf32) return std::nullopt;
  Units units(bytes.substr(2), big);
  std::string text;
  text.reserve(bytes.size() / 2);
  while (units.more()) append_utf8(text, units.next());
  return text;
}

std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

std::optional<ParseError> unfit_for_yaml(std::string_view text) {
  bool begins_line = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (std::string fault = fault_at(rest, begins_line); !fault.empty()) return error_at(text, at + 1, fault);
    begins_line = rest[0] == '\n';
    at += utf8_length(rest);
  }
  return std::nullopt;
}

}  // namespace selvedge::k8s
