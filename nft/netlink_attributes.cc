// The walk: header, bounds, payload, padding to 4 bytes, next.
#include "nft/netlink_attributes.h"

#include <cstring>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

namespace selvedge::nft::netlink {
namespace {

template <typename Header>
std::optional<Header> header_at(Span bytes) {
  Header header{};
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

// What follows an item of `length` bytes, which is padded to 4; the last one need not be.
Span after(Span bytes, std::size_t length) {
  const std::size_t padded = (length + 3) & ~std::size_t{3};
  return padded < bytes.size() ? bytes.subspan(padded) : Span{};
}

template <typename Number>
std::optional<Number> big_endian(Span bytes) {
  if (bytes.size() != sizeof(Number)) return std::nullopt;
  Number number = 0;
  for (const std::uint8_t byte : bytes) number = static_cast<Number>(number << 8 | byte);
  return number;
}

}  // namespace

std::optional<Attributes> Attributes::parse(Span bytes) {
  Attributes parsed;
  parsed.all_.reserve(4);  // most have no more
  while (!bytes.empty()) {
    const auto header = header_at<nlattr>(bytes);
    if (!header || header->nla_len < sizeof *header || header->nla_len > bytes.size()) return std::nullopt;
    parsed.all_.push_back({.type = static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                           .payload = bytes.subspan(sizeof *header, header->nla_len - sizeof *header)});
    bytes = after(bytes, header->nla_len);
  }
  return parsed;
}

const Attribute* Attributes::find(std::uint16_t type) const {
  for (const Attribute& attribute : all_)
    if (attribute.type == type) return &attribute;
  return nullptr;
}

std::optional<Span> Attributes::bytes(std::uint16_t type) const {
  const Attribute* found = find(type);
  return found != nullptr ? std::optional(found->payload) : std::nullopt;
}

std::optional<std::uint16_t> Attributes::u16(std::uint16_t type) const {
  const Attribute* found = find(type);
  return found != nullptr ? big_endian<std::uint16_t>(found->payload) : std::nullopt;
}

std::optional<std::uint32_t> Attributes::u32(std::uint16_t type) const {
  const Attribute* found = find(type);
  return found != nullptr ? big_endian<std::uint32_t>(found->payload) : std::nullopt;
}

std::optional<std::uint64_t> Attributes::u64(std::uint16_t type) const {
  const Attribute* found = find(type);
  return found != nullptr ? big_endian<std::uint64_t>(found->payload) : std::nullopt;
}

std::optional<std::string> Attributes::text(std::uint16_t type) const {
  const Attribute* found = find(type);
  if (found == nullptr) return std::nullopt;
  const std::string text(found->payload.begin(), found->payload.end());
  return text.substr(0, text.find('\0'));
}

std::optional<Attributes> Attributes::nested(std::uint16_t type) const {
  const Attribute* found = find(type);
  return found != nullptr ? parse(found->payload) : std::nullopt;
}

std::vector<Message> messages_of(Span stream) {
  std::vector<Message> messages;
  while (const auto header = header_at<nlmsghdr>(stream)) {
    if (header->nlmsg_len < sizeof *header || header->nlmsg_len > stream.size()) break;
    const Span body = stream.subspan(sizeof *header, header->nlmsg_len - sizeof *header);
    const auto family = header_at<nfgenmsg>(body);
    if (header->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES && family)
      messages.push_back({.type = static_cast<std::uint16_t>(header->nlmsg_type & 0xff),
                          .family = family->nfgen_family,
                          .attributes = body.subspan(sizeof *family)});
    stream = after(stream, header->nlmsg_len);
  }
  return messages;
}

}  // namespace selvedge::nft::netlink
