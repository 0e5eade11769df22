// Classes of what a packet carries: protocol, port, ICMPv6 type, hop limit, whether TCP begins with it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "nft/ip.h"
#include "nft/ruleset.h"

namespace selvedge::verify {

struct Transport {
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
  std::uint8_t icmpv6_type = 0;
  std::uint8_t hop_limit = 64;
  bool midstream = false;
};

// Whether an ICMPv6 packet is of these types, and with this hop limit if one is given.
struct Icmpv6Question {
  nft::Range<std::uint8_t> types;
  std::optional<std::uint8_t> hop_limit;

  auto operator<=>(const Icmpv6Question&) const = default;
};

// What somebody asks; each range is asked as a whole.
struct TransportQuestions {
  std::vector<std::uint8_t> protocols;
  std::vector<std::pair<std::uint8_t, nft::Range<std::uint16_t>>> ports;  // of a protocol
  std::vector<Icmpv6Question> icmpv6;
  std::vector<std::pair<std::optional<std::uint8_t>, std::uint8_t>> hops;  // of a protocol, or of any
  bool midstream = false;                                                  // whether one of TCP is no lone SYN
};

// One representative of each class: no question tells two packets of a class apart.
std::vector<Transport> transports(nft::Family family, const TransportQuestions& questions);

}  // namespace selvedge::verify
