#include "controller/text/printable.h"

#include <cstdint>
#include <cstdio>
#include <optional>

namespace selvedge {
namespace {

struct Decoded {
  std::uint32_t code = 0;
  std::size_t length = 0;  // bytes
};

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// The character at the start of `text`, if it is well-formed UTF-8 (RFC 3629: shortest form, no surrogates).
std::optional<Decoded> decode(std::string_view text) {
  static constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return Decoded{lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return std::nullopt;
  std::uint32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (byte_at(text, i) & 0x3fU);
  }
  if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return std::nullopt;
  return Decoded{code, length};
}

bool misleads(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

std::string escape(const char* format, unsigned value) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string escaped(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  return escape("\\u%04x", code);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto next = decode(text);
    const std::size_t length = next ? next->length : 1;
    if (!next) {
      out += escape("\\x%02x", byte_at(text, 0));
    } else if (misleads(next->code)) {
      out += escaped(next->code);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace selvedge
