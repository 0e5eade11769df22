// Messages of connection tracking, and bytes that pass for them. What is read is of one family, and its removal is a
// whole message of bounded length.
#include <cstring>
#include <vector>

#include <linux/netlink.h>

#include "nft/conntrack_messages.h"
#include "test/fuzz/fuzz.h"

using selvedge::fuzz::require;
namespace nft = selvedge::nft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < sizeof(nlmsghdr)) return 0;
  std::vector<std::uint8_t> bytes(data, data + size);
  auto* message = reinterpret_cast<nlmsghdr*>(bytes.data());
  message->nlmsg_len = static_cast<std::uint32_t>(size);  // as the socket's reader sees to
  (void)nft::conntrack::count_of(*message);
  const auto connection = nft::conntrack::connection_of(*message);
  if (!connection) return 0;
  require(connection->original.source.family == connection->original.destination.family, "a tuple of two families");
  require(!to_string(*connection).empty(), "a connection without a text");
  std::vector<std::uint8_t> removal;
  nft::conntrack::add_removal(removal, 1, *connection);
  nlmsghdr head{};
  std::memcpy(&head, removal.data(), sizeof head);
  require(head.nlmsg_len <= removal.size() && removal.size() <= nft::conntrack::longest_removal, "a removal is torn");
  return 0;
}
