// Messages of the kernel's packet log, and bytes that pass for them: half of such a message is somebody's packet. Ports
// and types are told only of what is there, and every text that is made of it is one line.
#include <vector>

#include <linux/netlink.h>

#include "controller/denial_prefix.h"
#include "nft/nflog_messages.h"
#include "nft/packet_head.h"
#include "test/fuzz/fuzz.h"

using selvedge::fuzz::require;
namespace nft = selvedge::nft;

namespace {

void check(const nft::PacketHead& head, std::size_t size) {
  require(head.source.family == head.destination.family, "a packet of two families");
  require(head.source_port.has_value() == head.destination_port.has_value(), "one port alone");
  require(head.icmp_type.has_value() == head.icmp_code.has_value(), "a type without a code");
  require(!(head.destination_port && head.icmp_type), "ports and a type");
  require(!head.destination_port || (nft::has_ports(head.protocol) && !head.fragment && !head.cut), "ports of nothing");
  require(size >= (head.source.family == nft::Family::v4 ? 20U : 40U), "addresses that are not there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto head = nft::read_packet_head({data, size})) check(*head, size);
  if (size < sizeof(nlmsghdr)) return 0;
  std::vector<std::uint8_t> bytes(data, data + size);
  auto* message = reinterpret_cast<nlmsghdr*>(bytes.data());
  message->nlmsg_len = static_cast<std::uint32_t>(size);  // as the socket's reader sees to
  const auto logged = nft::nflog::logged_of(*message);
  if (!logged) return 0;
  require(logged->packet.size() <= size && logged->prefix.size() <= size, "more than came");
  (void)selvedge::parse_denial_prefix(logged->prefix);
  if (const auto head = nft::read_packet_head(logged->packet)) check(*head, logged->packet.size());
  return 0;
}
