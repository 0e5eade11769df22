// nf_tables carries a batch out before sendmsg returns, so that a receive queue that is empty by then
// means success: the same reading that the product makes of it.
#include "test/support/replay.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "nft/netlink_encode.h"

namespace selvedge::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string words(const char* what, int code) {
  return std::string(what) + ": " + std::strerror(code);
}

}  // namespace

tl::expected<void, nft::Error> RecordingBackend::commit(const std::string& table, const nft::Batch& batch) {
  auto done = inner_.commit(table, batch);
  if (!done) return done;
  const auto stream = nft::netlink::encode(table, batch, 0, 1);
  if (!stream) return tl::unexpected(stream.error());
  const auto bytes = stream->bytes();
  batches_.push_back(
      {.bytes = {bytes.begin(), bytes.end()}, .operations = batch.size(), .messages = stream->messages() - 2});
  return done;
}

tl::expected<std::optional<nft::Dump>, nft::Error> RecordingBackend::dump(const std::string& table) {
  return inner_.dump(table);
}

tl::expected<std::optional<nft::PackedDump>, nft::Error> RecordingBackend::packed_dump(const std::string& table) {
  return inner_.packed_dump(table);
}

tl::expected<std::optional<nft::Tally>, nft::Error> RecordingBackend::tally(const std::string& table) {
  return inner_.tally(table);
}

void Replay::Closing::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

tl::expected<Replay, std::string> Replay::open(std::span<const RecordedBatch> batches) {
  Replay replay(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!replay.socket_) return tl::unexpected(words("opening a netlink socket", errno));
  if (mnl_socket_bind(replay.socket_.get(), 0, MNL_SOCKET_AUTOPID) != 0)
    return tl::unexpected(words("binding a netlink socket", errno));
  int on = 1;
  mnl_socket_setsockopt(replay.socket_.get(), NETLINK_CAP_ACK, &on, sizeof on);
  std::size_t largest = 0;
  for (const auto& batch : batches) largest = std::max(largest, batch.bytes.size());
  const int size = static_cast<int>(largest + 4096);
  if (setsockopt(mnl_socket_get_fd(replay.socket_.get()), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
    return tl::unexpected(words("making the send buffer larger", errno));
  return replay;
}

tl::expected<std::chrono::nanoseconds, std::string> Replay::send(const RecordedBatch& batch) {
  const int fd = mnl_socket_get_fd(socket_.get());
  alignas(nlmsghdr) std::array<char, 65536> answer{};
  const auto start = Clock::now();
  if (mnl_socket_sendto(socket_.get(), batch.bytes.data(), batch.bytes.size()) < 0)
    return tl::unexpected(words("sending a batch", errno));
  const auto size = recv(fd, answer.data(), answer.size(), MSG_DONTWAIT);
  const auto time = Clock::now() - start;
  if (size < 0 && errno == EAGAIN) return std::chrono::duration_cast<std::chrono::nanoseconds>(time);
  if (size < 0) return tl::unexpected(words("reading the kernel's answer", errno));
  nlmsghdr header{};
  nlmsgerr error{};
  if (static_cast<std::size_t>(size) < sizeof header + sizeof error)
    return tl::unexpected(std::string("an answer that is cut off"));
  std::memcpy(&header, answer.data(), sizeof header);
  std::memcpy(&error, answer.data() + sizeof header, sizeof error);
  return tl::unexpected(words("the kernel refuses a message of a batch", -error.error) + " (message " +
                        std::to_string(header.nlmsg_seq) + ")");
}

}  // namespace selvedge::test
