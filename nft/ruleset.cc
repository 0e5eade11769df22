// Keys in the kernel's register layout. A field's padding is zero, so that keys
// compare as bytes, here as in the kernel's hash.
#include "nft/ruleset.h"

#include <algorithm>
#include <cstring>

namespace selvedge::nft {
namespace {

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + 3) / 4 * 4;
}

}  // namespace

Key key_of(const Address& address) {
  Key key;
  std::copy_n(address.bytes.begin(), width(address.family), key.bytes.begin());
  key.size = static_cast<std::uint8_t>(width(address.family));
  return key;
}

std::optional<Address> address_of(const Key& key) {
  if (key.size != width(Family::v4) && key.size != width(Family::v6)) return std::nullopt;
  Address address{.family = key.size == width(Family::v4) ? Family::v4 : Family::v6, .bytes = {}};
  std::copy_n(key.bytes.begin(), key.size, address.bytes.begin());
  return address;
}

Key key_of(const Address& address, std::uint8_t protocol, std::uint16_t port) {
  Key key = key_of(address);
  key.bytes[key.size] = protocol;
  key.bytes[key.size + 4U] = static_cast<std::uint8_t>(port >> 8);
  key.bytes[key.size + 5U] = static_cast<std::uint8_t>(port & 0xff);
  key.size = static_cast<std::uint8_t>(key.size + 8);
  return key;
}

KeyType address_type(Family family) {
  return {family == Family::v4 ? Field::ipv4_addr : Field::ipv6_addr};
}

KeyType endpoint_type(Family family) {
  return {family == Family::v4 ? Field::ipv4_addr : Field::ipv6_addr, Field::inet_proto, Field::inet_service};
}

KeyType interface_type() {
  return {Field::iface_index};
}

Key key_of_interface(std::uint32_t index) {
  Key key;
  std::memcpy(key.bytes.data(), &index, sizeof index);
  key.size = sizeof index;
  return key;
}

std::uint32_t interface_of(const Key& key) {
  std::uint32_t index = 0;
  std::memcpy(&index, key.bytes.data(), sizeof index);
  return index;
}

const char* to_string(TableFamily family) {
  return family == TableFamily::inet ? "inet" : "bridge";
}

std::size_t width(Field field) {
  switch (field) {
    case Field::ipv4_addr:
      return 4;
    case Field::ipv6_addr:
      return 16;
    case Field::inet_proto:
      return 1;
    case Field::inet_service:
      return 2;
    case Field::iface_index:
      return 4;
  }
  return 0;
}

std::size_t register_size(const KeyType& type) {
  std::size_t size = 0;
  for (const Field field : type) size += padded(width(field));
  return size;
}

}  // namespace selvedge::nft
