// Netlink attributes as they came, read without trust: every length is checked
// against the bytes that there are. Pure functions of bytes, made to be fuzzed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace selvedge::nft::netlink {

using Span = std::span<const std::uint8_t>;

struct Attribute {
  std::uint16_t type = 0;  // without the flags NLA_F_…
  Span payload;
};

// A list of attributes, one after another. It borrows the bytes.
class Attributes {
 public:
  Attributes() = default;
  // No value: an attribute is shorter than its header or reaches past the end.
  static std::optional<Attributes> parse(Span bytes);

  const std::vector<Attribute>& all() const { return all_; }
  bool has(std::uint16_t type) const { return find(type) != nullptr; }

  // Each gives no value if there is no such attribute or it is not of that form.
  std::optional<std::uint16_t> u16(std::uint16_t type) const;  // big endian on the wire
  std::optional<std::uint32_t> u32(std::uint16_t type) const;  // big endian on the wire
  std::optional<std::uint64_t> u64(std::uint16_t type) const;  // big endian on the wire
  std::optional<std::string> text(std::uint16_t type) const;   // up to its NUL
  std::optional<Span> bytes(std::uint16_t type) const;
  std::optional<Attributes> nested(std::uint16_t type) const;

 private:
  const Attribute* find(std::uint16_t type) const;

  std::vector<Attribute> all_;
};

// One message of nf_tables in a stream of them.
struct Message {
  std::uint16_t type = 0;   // NFT_MSG_…
  std::uint8_t family = 0;  // NFPROTO_…
  Span attributes;
};

// The messages of a stream; those of other subsystems, and what is cut off, are left out.
std::vector<Message> messages_of(Span stream);

}  // namespace selvedge::nft::netlink
