// The text forms are written out here because no library call reads what the API
// once let in: inet_pton() refuses leading zeros, getaddrinfo() takes them as octal.
// All arithmetic is on bytes, and the step past the last address is "none", never a wrap.
#include "nft/ip.h"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace selvedge::nft {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_head{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Any number of leading zeros, no sign, nothing behind.
std::optional<unsigned> parse_number(std::string_view text, int base, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

// The text up to `separator`, which is taken off `rest` together with it.
std::string_view next_part(std::string_view& rest, char separator) {
  const auto at = std::min(rest.find(separator), rest.size());
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

std::optional<Address> parse_v4(std::string_view text) {
  if (std::count(text.begin(), text.end(), '.') != 3) return std::nullopt;
  Address address{.family = Family::v4};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto value = parse_number(next_part(text, '.'), 10, 0xff);
    if (!value) return std::nullopt;
    address.bytes[i] = static_cast<std::uint8_t>(*value);
  }
  return address;
}

// Groups between colons, at most 16 bytes; the last one may be an IPv4 address.
std::optional<std::vector<std::uint8_t>> parse_groups(std::string_view text, bool may_end_in_v4) {
  std::vector<std::uint8_t> bytes;
  if (text.empty()) return bytes;
  for (bool more = true; more;) {
    more = text.find(':') != std::string_view::npos;
    const auto group = next_part(text, ':');
    if (const auto value = parse_number(group, 16, 0xffff)) {
      bytes.push_back(static_cast<std::uint8_t>(*value >> 8));
      bytes.push_back(static_cast<std::uint8_t>(*value & 0xff));
    } else if (const auto tail = parse_v4(group); tail && !more && may_end_in_v4) {
      bytes.insert(bytes.end(), tail->bytes.begin(), tail->bytes.begin() + 4);
    } else {
      return std::nullopt;
    }
    if (bytes.size() > 16) return std::nullopt;
  }
  return bytes;
}

// As written: an IPv4-mapped address stays IPv6.
std::optional<Address> parse_v6(std::string_view text) {
  const auto gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = parse_groups(has_gap ? text.substr(gap + 2) : std::string_view{}, true);
  if (!head || !tail) return std::nullopt;
  const auto given = head->size() + tail->size();
  if (has_gap ? given > 14 : given != 16) return std::nullopt;
  Address address{.family = Family::v6};
  std::copy(head->begin(), head->end(), address.bytes.begin());
  std::copy_backward(tail->begin(), tail->end(), address.bytes.end());
  return address;
}

bool is_mapped(const Address& address) {
  return address.family == Family::v6 && std::equal(mapped_head.begin(), mapped_head.end(), address.bytes.begin());
}

Address unmapped(const Address& address) {
  Address v4{.family = Family::v4};
  std::copy(address.bytes.begin() + 12, address.bytes.end(), v4.bytes.begin());
  return v4;
}

// The bits of byte `index` that lie beyond the first `bits` bits of the address.
std::uint8_t host_bits(std::size_t index, unsigned bits) {
  const auto kept = static_cast<unsigned>(std::clamp(static_cast<int>(bits) - static_cast<int>(index * 8), 0, 8));
  return static_cast<std::uint8_t>(0xffU >> kept);
}

Address masked(Address address, unsigned bits) {
  for (std::size_t i = 0; i < width(address.family); ++i) {
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & ~host_bits(i, bits));
  }
  return address;
}

// The address after the last one is none.
std::optional<Address> successor(Address address) {
  for (std::size_t i = width(address.family); i-- > 0;) {
    if (++address.bytes[i] != 0) return address;
  }
  return std::nullopt;
}

// `address` is not the first one of its family.
Address predecessor(Address address) {
  for (std::size_t i = width(address.family); i-- > 0;) {
    if (address.bytes[i]-- != 0) break;
  }
  return address;
}

bool touches(const Interval& before, const Interval& after) {
  const auto next = successor(before.last);
  return after.first <= before.last || (next && *next == after.first);
}

unsigned group_at(const Address& address, std::size_t index) {
  return static_cast<unsigned>(address.bytes[2 * index] << 8 | address.bytes[2 * index + 1]);
}

struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// The first of the longest runs of zero groups that RFC 5952 shortens: two groups or more.
Run zero_run(const Address& address) {
  Run best;
  for (std::size_t i = 0; i < 8; ++i) {
    Run run{.begin = i};
    while (i < 8 && group_at(address, i) == 0) ++i;
    run.size = i - run.begin;
    if (run.size > best.size) best = run;
  }
  return best.size >= 2 ? best : Run{};
}

std::string hex(unsigned value) {
  std::array<char, 8> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, 16);
  return {text.data(), end};
}

std::string v6_text(const Address& address) {
  const Run run = zero_run(address);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (run.size > 0 && i == run.begin) {
      text += "::";
      i += run.size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += hex(group_at(address, i));
  }
  return text;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return parse_v4(text);
  const auto address = parse_v6(text);
  return address && is_mapped(*address) ? unmapped(*address) : address;
}

std::string to_string(const Address& address) {
  if (address.family == Family::v6) return v6_text(address);
  std::string text = std::to_string(address.bytes[0]);
  for (std::size_t i = 1; i < 4; ++i) text += '.' + std::to_string(address.bytes[i]);
  return text;
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto head = text.substr(0, slash);
  auto address = head.find(':') == std::string_view::npos ? parse_v4(head) : parse_v6(head);
  if (!address) return std::nullopt;
  auto bits = parse_number(text.substr(slash + 1), 10, static_cast<unsigned>(8 * width(address->family)));
  if (!bits) return std::nullopt;
  if (is_mapped(*address) && *bits >= 96) {
    address = unmapped(*address);
    *bits -= 96;
  }
  return Prefix{masked(*address, *bits), static_cast<std::uint8_t>(*bits)};
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.address) + '/' + std::to_string(prefix.bits);
}

Prefix host_prefix(const Address& address) {
  return {address, static_cast<std::uint8_t>(8 * width(address.family))};
}

bool contains(const Prefix& prefix, const Address& address) {
  return prefix.address.family == address.family && masked(address, prefix.bits) == prefix.address;
}

Interval interval_of(const Prefix& prefix) {
  Interval interval{prefix.address, prefix.address};
  for (std::size_t i = 0; i < width(prefix.address.family); ++i) {
    interval.last.bytes[i] = static_cast<std::uint8_t>(interval.last.bytes[i] | host_bits(i, prefix.bits));
  }
  return interval;
}

std::optional<Prefix> prefix_of(const Interval& interval) {
  const auto bytes = width(interval.first.family);
  unsigned bits = 0;
  while (bits < 8 * bytes) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> bits % 8);
    if (((interval.first.bytes[bits / 8] ^ interval.last.bytes[bits / 8]) & mask) != 0) break;
    ++bits;
  }
  const Prefix prefix{masked(interval.first, bits), static_cast<std::uint8_t>(bits)};
  if (interval_of(prefix) != interval) return std::nullopt;
  return prefix;
}

std::vector<Interval> unite(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end());
  std::vector<Interval> united;
  for (const auto& interval : intervals) {
    assert(interval.first <= interval.last && interval.first.family == interval.last.family);
    if (!united.empty() && touches(united.back(), interval)) {
      united.back().last = std::max(united.back().last, interval.last);
    } else {
      united.push_back(interval);
    }
  }
  return united;
}

bool contains(const std::vector<Interval>& united, const Address& address) {
  const auto after = std::ranges::upper_bound(united, address, {}, &Interval::first);
  return after != united.begin() && address <= std::prev(after)->last;
}

std::vector<Interval> subtract(const std::vector<Interval>& from, const std::vector<Interval>& what) {
  const auto holes = unite(what);
  auto hole = holes.begin();
  std::vector<Interval> left;
  for (Interval rest : unite(from)) {
    while (hole != holes.end() && hole->last < rest.first) ++hole;
    bool ends_in_hole = false;
    for (; hole != holes.end() && hole->first <= rest.last; ++hole) {
      if (rest.first < hole->first) left.push_back({rest.first, predecessor(hole->first)});
      ends_in_hole = rest.last <= hole->last;
      if (ends_in_hole) break;  // the same hole may reach into the next interval
      rest.first = *successor(hole->last);
    }
    if (!ends_in_hole) left.push_back(rest);
  }
  return left;
}

}  // namespace selvedge::nft
