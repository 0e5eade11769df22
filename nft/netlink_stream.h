// Netlink messages one after another, as one sendmsg takes them, each with its
// sequence number: the kernel names a bad message by nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

struct nlmsghdr;

namespace selvedge::nft::netlink {

class Stream {
 public:
  // Sequence numbers count up from `first`; `family` (NFPROTO_…) is that of the tables that it is about.
  explicit Stream(std::uint32_t first, std::uint8_t family) : first_(first), family_(family) {}

  // Appends a message of nf_tables' subsystem with the type NFT_MSG_…; `fill` puts its attributes,
  // at most `room` bytes of them. `op` is the operation that it carries out, if any.
  static constexpr std::size_t room = std::size_t{96} * 1024;
  void add(std::uint16_t type, std::uint16_t flags, std::optional<std::size_t> op,
           const std::function<void(nlmsghdr*)>& fill);
  // The brackets of a transaction.
  void begin_batch();
  void end_batch();

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::size_t messages() const { return ops_.size(); }
  std::uint32_t next_sequence() const { return first_ + static_cast<std::uint32_t>(ops_.size()); }
  // Is this sequence number one of ours, and if so, which operation's?
  bool has(std::uint32_t sequence) const { return sequence - first_ < ops_.size(); }
  std::optional<std::size_t> op_of(std::uint32_t sequence) const;
  // The bytes of the message with this number; empty if it is not ours.
  std::span<const std::uint8_t> message(std::uint32_t sequence) const;

 private:
  void append(const nlmsghdr* message, std::optional<std::size_t> op);

  std::uint32_t first_;
  std::uint8_t family_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::optional<std::size_t>> ops_;
  std::vector<std::size_t> offsets_;
  std::vector<char> scratch_;
};

}  // namespace selvedge::nft::netlink
