// A denied packet in one line, and many of them in a table.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

#include "controller/monitor/denied.h"
#include "controller/monitor/tally.h"

namespace selvedge::monitor {

std::string to_text(std::chrono::system_clock::time_point time);  // "2026-11-24T01:15:37.123Z"
std::string port_of(const Denied& denied);  // "tcp/3000 (http)", "icmp/8", "udp", "fragment of udp"
std::string words(const Party& party);      // "production/api-0 (10.244.1.5)"
std::string why(const Denied& denied);      // "isolated by production/api, and no rule allows it"

// One line, without a line feed:
// "TIME denied ingress of production/api-0: quality/tester-0 (10.244.2.7) -> production/api-0 (10.244.1.5) tcp/3000:
// why"
std::string sentence(const Denied& denied);

// What a summary counts together.
struct Talk {
  Denial denial{};
  std::string direction;  // "ingress"; empty where neither is meant
  std::string source;
  std::string destination;
  std::string port;

  auto operator<=>(const Talk&) const = default;
};
Talk talk_of(const Denied& denied);

// The most frequent, a line each with its count, under a line with the totals; and what is not among them.
std::string summary(const Tally<Talk>& talks, std::size_t most);

}  // namespace selvedge::monitor
