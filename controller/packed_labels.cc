#include "controller/packed_labels.h"

#include <cstring>

namespace selvedge {
namespace {

using Length = std::uint32_t;

void append(std::string& packed, const std::string& text) {
  const auto length = static_cast<Length>(text.size());
  char bytes[sizeof length];
  std::memcpy(bytes, &length, sizeof length);
  packed.append(bytes, sizeof bytes).append(text);
}

}  // namespace

PackedLabels::PackedLabels(const k8s::Labels& labels) {
  std::size_t size = 0;
  for (const auto& [key, value] : labels) size += key.size() + value.size() + 2 * sizeof(Length);
  packed_.reserve(size);
  for (const auto& [key, value] : labels) {
    append(packed_, key);
    append(packed_, value);
  }
}

std::string_view PackedLabels::take(std::size_t& at) const {
  Length length = 0;
  std::memcpy(&length, packed_.data() + at, sizeof length);
  const std::string_view text(packed_.data() + at + sizeof length, length);
  at += sizeof length + length;
  return text;
}

std::optional<std::string_view> PackedLabels::find(std::string_view key) const {
  for (std::size_t at = 0; at < packed_.size();) {
    const std::string_view found = take(at);
    const std::string_view value = take(at);
    if (found == key) return value;
  }
  return std::nullopt;
}

}  // namespace selvedge
