// nfnetlink_log's messages (Linux, net/netfilter/nfnetlink_log.c), made and read. Pure functions of bytes: what is read
// is not trusted, since half of it is somebody's packet.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct nlmsghdr;

namespace selvedge::nft::nflog {

// What a listener asks the kernel for.
struct Listening {
  std::uint16_t group = 100;
  std::uint32_t copied = 128;       // bytes of each packet
  std::uint32_t threshold = 32;     // packets that make a message be sent at once
  std::uint32_t centiseconds = 10;  // after which it is sent anyway

  bool operator==(const Listening&) const = default;
};

// Takes the group for the socket that sends it; answered by an error code, 0 for success.
std::vector<std::uint8_t> listen_request(std::uint32_t sequence, const Listening& listening);

// Asks for nothing, of a group that hardly anybody hears: no privilege is EPERM, ENODEV that there is one.
std::vector<std::uint8_t> privilege_request(std::uint32_t sequence);

// A packet as a log statement tells of it.
struct Logged {
  std::optional<std::chrono::system_clock::time_point> time;  // none: the kernel had not stamped it
  std::string prefix;                                         // as the rule says, bytes of any kind
  std::uint8_t hook = 0;                                      // NF_INET_*
  std::uint32_t in = 0;                                       // index of the interface; 0: none
  std::uint32_t out = 0;
  std::optional<std::uint32_t> sequence;  // counts the group's packets, those that were lost on the way, too
  std::vector<std::uint8_t> packet;       // its first bytes, from the IP header on

  bool operator==(const Logged&) const = default;
};

// No value: it is none.
std::optional<Logged> logged_of(const nlmsghdr& message);

}  // namespace selvedge::nft::nflog
