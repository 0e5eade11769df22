// flows.txt of a story: who may reach whom, one line each, and why.
//
//   tcp 10.244.2.7 -> 10.244.1.5:3000 allow  # production/api ingress[0] from[1]
//   udp 10.244.2.7 -> 10.244.1.5:3000 deny  # production/api ingress
//   icmp fd00:244:0:2::7 -> fd00:244:0:1::5 allow  # not isolated
//   tcp 10.244.1.5 -> [2001:db8::9]:443 deny on node-a  # production/api egress
//
// It is the first packet of a connection, as the rules see it (after DNAT): tcp, udp, sctp, icmp (an echo
// request, of either family), or another protocol by its number. It is judged on each node that has one of its ends in
// its pod range, or only on the one named; it is allowed if every one of them allows it. Link-local addresses and
// 255.255.255.255 are in no range: there a node must be named.
//
// What stands behind # is checked, and is all there is to say: of an allowed flow every rule and peer that
// allows it, at either end, or "not isolated"; of a denied one every policy that isolates a pod and
// has no rule for it, with the direction. What else it can be: words_for() in story.h.
// Empty lines, and lines that begin with #, are for the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "nft/ip.h"

namespace selvedge::test {

struct Flow {
  std::size_t line = 0;
  std::string text;  // as it stands there, for messages
  std::uint8_t protocol = 0;
  nft::Address source;
  nft::Address destination;
  std::uint16_t port = 0;
  bool allowed = false;
  std::optional<std::string> node{};  // judged on this one only
  std::set<std::string> reasons{};
};

// The error names the line and what is wrong with it.
tl::expected<std::vector<Flow>, std::string> parse_flows(std::string_view text);

}  // namespace selvedge::test
