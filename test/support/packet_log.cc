// nfnetlink_log (net/netfilter/nfnetlink_log.c). A threshold of one makes it tell each packet at once,
// before the rule after it is tried.
#include "test/support/packet_log.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

namespace selvedge::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("packet log: " + what + ": " + std::strerror(errno));
}

std::vector<std::uint8_t> binding(std::uint16_t group) {
  std::vector<std::uint8_t> buffer(256);
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  auto* head = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  head->res_id = htons(group);
  const nfulnl_msg_config_cmd bind{.command = NFULNL_CFG_CMD_BIND};
  nfulnl_msg_config_mode mode{};
  mode.copy_range = htonl(0xffff);
  mode.copy_mode = NFULNL_COPY_PACKET;
  mnl_attr_put(message, NFULA_CFG_CMD, sizeof bind, &bind);
  mnl_attr_put(message, NFULA_CFG_MODE, sizeof mode, &mode);
  mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(1));
  buffer.resize(message->nlmsg_len);
  return buffer;
}

PacketLog::Logged logged_in(const nlmsghdr* message) {
  PacketLog::Logged logged;
  const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
  const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)));
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute)) {
    const auto* bytes = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
    if (mnl_attr_get_type(attribute) == NFULA_PREFIX) logged.prefix = mnl_attr_get_str(attribute);
    if (mnl_attr_get_type(attribute) == NFULA_PAYLOAD)
      logged.packet.assign(bytes, bytes + mnl_attr_get_payload_len(attribute));
  }
  return logged;
}

}  // namespace

void PacketLog::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

PacketLog::PacketLog(std::uint16_t group) : socket_(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC)) {
  if (!socket_ || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0) fail("cannot open a netlink socket");
  const int room = 32 << 20;
  setsockopt(mnl_socket_get_fd(socket_.get()), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  const auto message = binding(group);
  if (mnl_socket_sendto(socket_.get(), message.data(), message.size()) < 0) fail("cannot send");
  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  const ssize_t size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
  const int done = size < 0 ? -1 : mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), 0, 0, nullptr, nullptr);
  if (done < 0) fail("cannot listen to group " + std::to_string(group));
}

std::vector<Bytes> PacketLog::receive() {
  std::vector<Bytes> packets;
  for (Logged& logged : receive_told()) packets.push_back(std::move(logged.packet));
  return packets;
}

std::vector<PacketLog::Logged> PacketLog::receive_told() {
  std::vector<Logged> packets;
  alignas(nlmsghdr) std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t size = recv(mnl_socket_get_fd(socket_.get()), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return packets;
    if (size < 0) fail("cannot receive");
    int left = static_cast<int>(size);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) packets.push_back(logged_in(message));
    }
  }
}

}  // namespace selvedge::test
