#include "controller/reach/ports.h"

#include <algorithm>
#include <array>

namespace selvedge::reach {
namespace {

struct Named {
  std::uint8_t number;
  const char* name;
};
constexpr std::array<Named, 3> protocols{{{6, "tcp"}, {17, "udp"}, {132, "sctp"}}};
constexpr std::uint16_t highest = 0xffff;

std::string name_of(std::uint8_t protocol) {
  const auto* found = std::ranges::find(protocols, protocol, &Named::number);
  return found == protocols.end() ? std::to_string(protocol) : found->name;
}

std::vector<PortRange> merged(std::vector<PortRange> ranges) {
  std::ranges::sort(ranges);
  std::vector<PortRange> result;
  for (const PortRange& range : ranges) {
    if (!result.empty() && result.back().protocol == range.protocol &&
        (result.back().last == highest || range.first <= result.back().last + 1)) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

std::string words(const PortRange& range) {
  const std::string protocol = name_of(range.protocol);
  if (range.first == 0 && range.last == highest) return protocol;
  const std::string first = protocol + '/' + std::to_string(range.first);
  return range.first == range.last ? first : first + '-' + std::to_string(range.last);
}

}  // namespace

Ports Ports::everything() {
  Ports all{.ranges = {}, .others = true};
  for (const Named& protocol : protocols) all.ranges.push_back({protocol.number, 0, highest});
  return all;
}

Ports united(const Ports& one, const Ports& other) {
  std::vector<PortRange> ranges = one.ranges;
  ranges.insert(ranges.end(), other.ranges.begin(), other.ranges.end());
  return {.ranges = merged(std::move(ranges)), .others = one.others || other.others};
}

Ports common(const Ports& one, const Ports& other) {
  Ports result{.ranges = {}, .others = one.others && other.others};
  for (const PortRange& a : one.ranges) {
    for (const PortRange& b : other.ranges) {
      if (a.protocol != b.protocol) continue;
      const std::uint16_t first = std::max(a.first, b.first), last = std::min(a.last, b.last);
      if (first <= last) result.ranges.push_back({a.protocol, first, last});
    }
  }
  result.ranges = merged(std::move(result.ranges));
  return result;
}

Ports without(const Ports& from, const Ports& what) {
  Ports result{.ranges = {}, .others = from.others && !what.others};
  for (const PortRange& range : from.ranges) {
    unsigned next = range.first;  // of what is left
    for (const PortRange& gone : what.ranges) {
      if (gone.protocol != range.protocol || gone.last < next || gone.first > range.last) continue;
      if (gone.first > next)
        result.ranges.push_back(
            {range.protocol, static_cast<std::uint16_t>(next), static_cast<std::uint16_t>(gone.first - 1)});
      next = gone.last + 1U;
    }
    if (next <= range.last) result.ranges.push_back({range.protocol, static_cast<std::uint16_t>(next), range.last});
  }
  return result;
}

std::string to_string(const Ports& ports) {
  if (ports.all()) return "all ports";
  const Ports rest = without(Ports::everything(), ports);
  if (ports.others && rest.ranges.size() < ports.ranges.size()) return "all ports but " + to_string(rest);
  std::string text;
  for (const PortRange& range : ports.ranges) text += (text.empty() ? "" : ", ") + words(range);
  if (ports.others) text += (text.empty() ? "" : ", ") + std::string("protocols without ports");
  return text.empty() ? "none" : text;
}

}  // namespace selvedge::reach
