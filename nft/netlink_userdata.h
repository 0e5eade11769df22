// Userdata: the bytes that the kernel keeps for nft's sake without reading them.
// A list of (kind, length, value), both numbers of one byte; the value's u32s
// are in host order. What is read may be anyone's: lengths are not trusted.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selvedge::nft::netlink {

class Userdata {
 public:
  // `text` has at most 254 bytes; it is stored with its NUL.
  Userdata& put(std::uint8_t kind, std::string_view text) {
    header(kind, text.size() + 1);
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    bytes_.push_back(0);
    return *this;
  }
  Userdata& put(std::uint8_t kind, std::uint32_t number) {
    header(kind, sizeof number);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(&number);
    bytes_.insert(bytes_.end(), begin, begin + sizeof number);
    return *this;
  }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::uint16_t size() const { return static_cast<std::uint16_t>(bytes_.size()); }

 private:
  void header(std::uint8_t kind, std::size_t length) {
    bytes_.push_back(kind);
    bytes_.push_back(static_cast<std::uint8_t>(length));
  }

  std::vector<std::uint8_t> bytes_;
};

// The text of `kind` up to its NUL; no value if there is none or the list is cut off before it.
inline std::optional<std::string> userdata_text(std::span<const std::uint8_t> bytes, std::uint8_t kind) {
  while (bytes.size() >= 2 && bytes.size() - 2 >= bytes[1]) {
    const auto value = bytes.subspan(2, bytes[1]);
    if (bytes[0] == kind) {
      const std::string text(value.begin(), value.end());
      return text.substr(0, text.find('\0'));
    }
    bytes = bytes.subspan(2 + value.size());
  }
  return std::nullopt;
}

}  // namespace selvedge::nft::netlink
