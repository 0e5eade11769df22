// All that a listener asks for goes in one message: the kernel binds first and then takes the rest
// (nfulnl_recv_config).
#include "nft/nflog_messages.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libnetfilter_log/libnetfilter_log.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

namespace selvedge::nft::nflog {
namespace {

constexpr std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_ULOG << 8 | message);
}

template <typename Value>
std::optional<Value> value_of(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(Value)) return std::nullopt;
  Value value{};
  std::memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
  return value;
}

std::uint32_t number_of(const nlattr* attribute) {
  return ntohl(value_of<std::uint32_t>(attribute).value_or(0));
}

std::string text_of(const nlattr* attribute) {
  if (attribute == nullptr) return "";
  const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return {text, strnlen(text, mnl_attr_get_payload_len(attribute))};
}

std::vector<std::uint8_t> bytes_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
  return {bytes, bytes + mnl_attr_get_payload_len(attribute)};
}

// A time beyond what the clock can say is none.
std::optional<std::chrono::system_clock::time_point> time_of(const nlattr* attribute) {
  const auto stamp = value_of<nfulnl_msg_packet_timestamp>(attribute);
  if (!stamp) return std::nullopt;
  const std::uint64_t seconds = be64toh(stamp->sec), microseconds = be64toh(stamp->usec);
  if (seconds == 0 || seconds > 8'000'000'000 || microseconds >= 1'000'000) return std::nullopt;
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds) + std::chrono::microseconds(microseconds));
}

using Buffer = std::array<std::uint8_t, 256>;

nlmsghdr* config_message(Buffer& buffer, std::uint32_t sequence, std::uint16_t group) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = type_of(NFULNL_MSG_CONFIG);
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  message->nlmsg_seq = sequence;
  auto* head = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  head->nfgen_family = AF_UNSPEC;
  head->version = NFNETLINK_V0;
  head->res_id = htons(group);
  return message;
}

}  // namespace

std::vector<std::uint8_t> privilege_request(std::uint32_t sequence) {
  Buffer buffer{};
  const nlmsghdr* message = config_message(buffer, sequence, 65535);
  return {buffer.begin(), buffer.begin() + message->nlmsg_len};
}

std::vector<std::uint8_t> listen_request(std::uint32_t sequence, const Listening& listening) {
  Buffer buffer{};
  nlmsghdr* message = config_message(buffer, sequence, listening.group);
  nflog_attr_put_cfg_cmd(message, NFULNL_CFG_CMD_BIND);
  nflog_attr_put_cfg_mode(message, NFULNL_COPY_PACKET, listening.copied);
  mnl_attr_put_u32(message, NFULA_CFG_TIMEOUT, htonl(listening.centiseconds));
  mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(listening.threshold));
  mnl_attr_put_u16(message, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
  return {buffer.begin(), buffer.begin() + message->nlmsg_len};
}

std::optional<Logged> logged_of(const nlmsghdr& message) {
  if (message.nlmsg_type != type_of(NFULNL_MSG_PACKET) || mnl_nlmsg_get_payload_len(&message) < sizeof(nfgenmsg))
    return std::nullopt;
  // libmnl reads to the end of a word. The kernel pads each attribute, so that a message of another length is none of
  // its.
  if (message.nlmsg_len % MNL_ALIGNTO != 0) return std::nullopt;
  std::array<nlattr*, NFULA_MAX + 1> parts{};
  if (nflog_nlmsg_parse(&message, parts.data()) < MNL_CB_OK) return std::nullopt;
  Logged logged;
  logged.time = time_of(parts[NFULA_TIMESTAMP]);
  logged.prefix = text_of(parts[NFULA_PREFIX]);
  if (const auto head = value_of<nfulnl_msg_packet_hdr>(parts[NFULA_PACKET_HDR])) logged.hook = head->hook;
  logged.in = number_of(parts[NFULA_IFINDEX_INDEV]);
  logged.out = number_of(parts[NFULA_IFINDEX_OUTDEV]);
  if (const auto sequence = value_of<std::uint32_t>(parts[NFULA_SEQ])) logged.sequence = ntohl(*sequence);
  logged.packet = bytes_of(parts[NFULA_PAYLOAD]);
  return logged;
}

}  // namespace selvedge::nft::nflog
