// A set of ports of all protocols, as one value that can be united, intersected and told in words.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace selvedge::reach {

struct PortRange {
  std::uint8_t protocol = 0;  // 6, 17, 132: as in the IP header
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  auto operator<=>(const PortRange&) const = default;
};

// Sorted, disjoint, not adjacent. With `others` also all protocols without ports, such as ICMP.
struct Ports {
  std::vector<PortRange> ranges;
  bool others = false;

  bool empty() const { return ranges.empty() && !others; }
  bool all() const { return *this == everything(); }
  auto operator<=>(const Ports&) const = default;

  static Ports everything();
};

Ports united(const Ports& one, const Ports& other);
Ports common(const Ports& one, const Ports& other);
Ports without(const Ports& from, const Ports& what);

std::string to_string(
    const Ports& ports);  // "all ports", "all ports but tcp/22", "none", "tcp/80, tcp/8000-8080, udp/53"

}  // namespace selvedge::reach
