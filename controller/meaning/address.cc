// Numbers are read digit by digit, with no limit on leading zeros: the API server
// has accepted them, and so they are in stored objects.
#include "controller/meaning/address.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <string>
#include <vector>

namespace selvedge::meaning {
namespace {

using nft::Address;
using nft::Family;
using nft::Interval;

// As written: an IPv4-mapped address is still IPv6 here, because its prefix length counts 128 bits.
using Written = Address;

std::optional<unsigned> digit(char c, unsigned base) {
  unsigned value = 99;
  if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
  return value < base ? std::optional(value) : std::nullopt;
}

std::optional<unsigned> number(std::string_view text, unsigned base, unsigned largest) {
  if (text.empty()) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    const auto next = digit(c, base);
    if (!next) return std::nullopt;
    value = value * base + *next;
    if (value > largest) return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != text.npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<Written> written_v4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  Written address{.family = Family::v4};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = number(parts[i], 10, 255);
    if (!byte) return std::nullopt;
    address.bytes[i] = static_cast<std::uint8_t>(*byte);
  }
  return address;
}

// The bytes of one side of `::`, or of all: groups of four hex digits, of which the last may be an IPv4 address.
std::optional<std::vector<std::uint8_t>> groups(std::string_view text, bool may_end_in_v4) {
  std::vector<std::uint8_t> bytes;
  if (text.empty()) return bytes;
  const auto parts = split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (const auto group = number(parts[i], 16, 0xffff)) {
      bytes.push_back(static_cast<std::uint8_t>(*group >> 8));
      bytes.push_back(static_cast<std::uint8_t>(*group & 0xff));
      continue;
    }
    const bool last = i + 1 == parts.size();
    const auto tail = last && may_end_in_v4 ? written_v4(parts[i]) : std::nullopt;
    if (!tail) return std::nullopt;
    bytes.insert(bytes.end(), tail->bytes.begin(), tail->bytes.begin() + 4);
  }
  return bytes;
}

std::optional<Written> written_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != text.npos;
  const auto head = groups(text.substr(0, gap), !has_gap);
  const auto tail = has_gap ? groups(text.substr(gap + 2), true) : std::vector<std::uint8_t>{};
  if (!head || !tail) return std::nullopt;
  const std::size_t given = head->size() + tail->size();
  if (has_gap ? given > 14 : given != 16) return std::nullopt;
  Written address{.family = Family::v6};
  for (std::size_t i = 0; i < head->size(); ++i) address.bytes[i] = (*head)[i];
  for (std::size_t i = 0; i < tail->size(); ++i) address.bytes[16 - tail->size() + i] = (*tail)[i];
  return address;
}

std::optional<Written> written(std::string_view text) {
  return text.find(':') == text.npos ? written_v4(text) : written_v6(text);
}

constexpr unsigned mapped_bits = 96;  // of ::ffff:0:0/96

bool is_mapped(const Written& address) {
  if (address.family != Family::v6) return false;
  for (std::size_t i = 0; i < 10; ++i) {
    if (address.bytes[i] != 0) return false;
  }
  return address.bytes[10] == 0xff && address.bytes[11] == 0xff;
}

Address unmapped(const Written& address) {
  Address result{.family = Family::v4};
  for (std::size_t i = 0; i < 4; ++i) result.bytes[i] = address.bytes[12 + i];
  return result;
}

// `address` with all its bits from `bits` on set to `value`.
Address filled(Address address, unsigned bits, bool value) {
  for (unsigned i = bits; i < nft::width(address.family) * 8; ++i) {
    const auto bit = static_cast<std::uint8_t>(0x80U >> (i % 8));
    auto& byte = address.bytes[i / 8];
    byte = static_cast<std::uint8_t>(value ? byte | bit : byte & ~bit);
  }
  return address;
}

}  // namespace

std::optional<Address> read_address(std::string_view text) {
  const auto address = written(text);
  if (!address) return std::nullopt;
  return is_mapped(*address) ? unmapped(*address) : *address;
}

std::optional<Interval> read_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  auto address = written(text.substr(0, slash));
  if (!address) return std::nullopt;
  auto bits = number(text.substr(slash + 1), 10, static_cast<unsigned>(nft::width(address->family) * 8));
  if (!bits) return std::nullopt;
  if (is_mapped(*address) && *bits >= mapped_bits) {
    address = unmapped(*address);
    *bits -= mapped_bits;
  }
  return Interval{filled(*address, *bits, false), filled(*address, *bits, true)};
}

bool lies_in(const Address& address, const Interval& block) {
  return block.first <= address && address <= block.last;
}

Interval block(std::string_view text) {
  const auto read = read_block(text);
  assert(read);
  return *read;
}

}  // namespace selvedge::meaning
