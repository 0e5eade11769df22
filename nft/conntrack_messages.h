// ctnetlink's messages (Linux, net/netfilter/nf_conntrack_netlink.c), made and read. Pure functions of bytes: what is
// read is not trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "nft/connection.h"

struct nlmsghdr;

namespace selvedge::nft::conntrack {

enum class Direction : std::uint8_t { original, reply };

// Questions and orders; `sequence` comes back with the answer.
std::vector<std::uint8_t> count_request(std::uint32_t sequence);
std::vector<std::uint8_t> dump_request(std::uint32_t sequence);
// Of those connections whose source is this, in one direction.
std::vector<std::uint8_t> dump_request(std::uint32_t sequence, const Address& source, Direction direction);
// Appends it to a stream of messages.
void add_removal(std::vector<std::uint8_t>& stream, std::uint32_t sequence, const Connection& connection);
inline constexpr std::size_t longest_removal = 256;  // bytes

// No value: it is none, or one that is not of IP.
std::optional<Connection> connection_of(const nlmsghdr& message);
std::optional<std::size_t> count_of(const nlmsghdr& message);

}  // namespace selvedge::nft::conntrack
