// IP addresses, prefixes and intervals of addresses, in both families.
//
// An IPv4-mapped IPv6 address ("::ffff:10.0.0.1") is the IPv4 address it maps:
// packets carry the latter, and a rule for the former would never match.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace selvedge::nft {

enum class Family : std::uint8_t { v4, v6 };

// Network byte order; IPv4 uses the first four bytes, the rest are zero.
// Ordered by family, then by number.
struct Address {
  Family family = Family::v4;
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Address&) const = default;
};

// Bytes that an address of `family` has: 4 or 16.
constexpr std::size_t width(Family family) {
  return family == Family::v4 ? 4 : 16;
}

// Accepts what the API has ever accepted: leading zeros in IPv4 are decimal
// ("010.0.0.1" is 10.0.0.1), IPv4-mapped IPv6 becomes IPv4. No zone, no port.
std::optional<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);  // canonical (RFC 5952)

// `address` has no bit set beyond `bits`.
struct Prefix {
  Address address;
  std::uint8_t bits = 0;

  auto operator<=>(const Prefix&) const = default;
};

// Host bits are cleared ("10.0.0.5/24" is 10.0.0.0/24). A prefix of IPv4-mapped
// addresses becomes the IPv4 prefix; one that is wider than ::ffff:0:0/96 is IPv6.
std::optional<Prefix> parse_prefix(std::string_view text);
std::string to_string(const Prefix& prefix);
Prefix host_prefix(const Address& address);  // /32 or /128
bool contains(const Prefix& prefix, const Address& address);

// Both ends included, of one family, first <= last.
struct Interval {
  Address first;
  Address last;

  auto operator<=>(const Interval&) const = default;
};

Interval interval_of(const Prefix& prefix);
std::optional<Prefix> prefix_of(const Interval& interval);  // if it is one

// Sorted, disjoint, not adjacent: what the kernel's interval sets ask for
// (they refuse overlaps; only the `nft` tool merges). Families may be mixed.
std::vector<Interval> unite(std::vector<Interval> intervals);
bool contains(const std::vector<Interval>& united, const Address& address);  // of a form that unite() gives

// What is in `from` and not in `what`, in the form that unite() gives.
std::vector<Interval> subtract(const std::vector<Interval>& from, const std::vector<Interval>& what);

}  // namespace selvedge::nft
