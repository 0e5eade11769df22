#include "controller/packed_labels.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace selvedge {
namespace {

// A length takes one byte, or where that is not enough, this byte and four.
constexpr unsigned char is_long = 0xff;
using Length = std::uint32_t;

std::size_t packed_size(std::string_view text) {
  return text.size() + (text.size() < is_long ? 1 : 1 + sizeof(Length));
}

}  // namespace

void pack(std::string& packed, std::string_view text) {
  if (text.size() < is_long) {
    packed.push_back(static_cast<char>(text.size()));
  } else {
    const auto length = static_cast<Length>(text.size());
    char bytes[sizeof length];
    std::memcpy(bytes, &length, sizeof length);
    packed.push_back(static_cast<char>(is_long));
    packed.append(bytes, sizeof bytes);
  }
  packed.append(text);
}

std::string_view unpack(std::string_view& packed) {
  Length length = static_cast<unsigned char>(packed.front());
  packed.remove_prefix(1);
  if (length == is_long) {
    std::memcpy(&length, packed.data(), sizeof length);
    packed.remove_prefix(sizeof length);
  }
  const std::string_view text = packed.substr(0, length);
  packed.remove_prefix(length);
  return text;
}

std::string packed(const k8s::Labels& labels) {
  std::size_t size = 0;
  for (const auto& [key, value] : labels) size += packed_size(key) + packed_size(value);
  std::string all;
  all.reserve(size);
  for (const auto& [key, value] : labels) {
    pack(all, key);
    pack(all, value);
  }
  return all;
}

std::optional<std::string_view> LabelsView::find(std::string_view key) const {
  for (std::string_view rest = packed_; !rest.empty();) {
    const std::string_view found = unpack(rest);
    const std::string_view value = unpack(rest);
    if (found == key) return value;
  }
  return std::nullopt;
}

PackedLabels::PackedLabels(const k8s::Labels& labels) : packed_(packed(labels)) {}

}  // namespace selvedge
