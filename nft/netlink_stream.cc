// Messages are built in a scratch buffer that is larger than any of them, and
// then copied: libmnl checks no bounds when it puts an attribute.
#include "nft/netlink_stream.h"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nfnetlink.h>

namespace selvedge::nft::netlink {

void Stream::append(const nlmsghdr* message, std::optional<std::size_t> op) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(message);
  offsets_.push_back(bytes_.size());
  ops_.push_back(op);
  bytes_.insert(bytes_.end(), begin, begin + message->nlmsg_len);
  bytes_.resize(bytes_.size() + MNL_ALIGN(message->nlmsg_len) - message->nlmsg_len);
}

void Stream::add(std::uint16_t type, std::uint16_t flags, std::optional<std::size_t> op,
                 const std::function<void(nlmsghdr*)>& fill) {
  scratch_.resize(room + MNL_NLMSG_HDRLEN + sizeof(nfgenmsg));
  nlmsghdr* message = nftnl_nlmsg_build_hdr(scratch_.data(), type, family_, flags, next_sequence());
  fill(message);
  append(message, op);
}

void Stream::begin_batch() {
  alignas(nlmsghdr) char scratch[64];
  append(nftnl_batch_begin(scratch, next_sequence()), std::nullopt);
}

void Stream::end_batch() {
  alignas(nlmsghdr) char scratch[64];
  append(nftnl_batch_end(scratch, next_sequence()), std::nullopt);
}

std::optional<std::size_t> Stream::op_of(std::uint32_t sequence) const {
  return has(sequence) ? ops_[sequence - first_] : std::nullopt;
}

std::span<const std::uint8_t> Stream::message(std::uint32_t sequence) const {
  if (!has(sequence)) return {};
  const std::size_t index = sequence - first_;
  const std::size_t end = index + 1 < offsets_.size() ? offsets_[index + 1] : bytes_.size();
  return bytes().subspan(offsets_[index], end - offsets_[index]);
}

}  // namespace selvedge::nft::netlink
