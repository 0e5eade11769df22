// Reading is where it can go wrong: an answer may be cut off (MSG_TRUNC), lost
// (ENOBUFS), or out of date (NLM_F_DUMP_INTR), and a late answer to an earlier
// question may come first. Each has its case here; nothing waits without end.
#include "nft/netlink_socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

namespace selvedge::nft::netlink {
namespace {

constexpr std::size_t receive_size = std::size_t{64} * 1024;  // the kernel's dumps come in datagrams of at most 32 KiB
constexpr int receive_buffer = 16 * 1024 * 1024;              // for complaints about some ten thousand messages
constexpr int dump_attempts = 20;                             // each interrupted by another's commit
constexpr timeval longest_wait{.tv_sec = 10, .tv_usec = 0};  // the kernel answers at once; this ends what should not be

struct Item {
  nlmsghdr header{};
  Span payload;  // after the header
  Span whole;
};

// The messages of a datagram, as far as it is sound.
std::vector<Item> items_of(Span datagram) {
  std::vector<Item> items;
  Item item;
  while (datagram.size() >= sizeof item.header) {
    std::memcpy(&item.header, datagram.data(), sizeof item.header);
    if (item.header.nlmsg_len < sizeof item.header || item.header.nlmsg_len > datagram.size()) break;
    item.whole = datagram.first(item.header.nlmsg_len);
    item.payload = item.whole.subspan(sizeof item.header);
    items.push_back(item);
    const std::size_t padded = (item.whole.size() + 3) & ~std::size_t{3};
    datagram = padded < datagram.size() ? datagram.subspan(padded) : Span{};
  }
  return items;
}

// The kernel's words stand after the error's own struct, and after an echo of the message unless it was capped.
void read_words(const Item& item, const nlmsgerr& error, Complaint& complaint) {
  std::size_t start = sizeof error;
  if ((item.header.nlmsg_flags & NLM_F_CAPPED) == 0) start += error.msg.nlmsg_len - sizeof error.msg;
  if ((item.header.nlmsg_flags & NLM_F_ACK_TLVS) == 0 || start > item.payload.size()) return;
  const auto attributes = Attributes::parse(item.payload.subspan(start));
  if (!attributes) return;
  complaint.text = attributes->text(NLMSGERR_ATTR_MSG).value_or("");
  const auto offset = attributes->bytes(NLMSGERR_ATTR_OFFS);
  if (!offset || offset->size() != sizeof(std::uint32_t)) return;
  std::uint32_t number = 0;  // host order, unlike nf_tables' own
  std::memcpy(&number, offset->data(), sizeof number);
  complaint.offset = number;
}

// NLMSG_ERROR: a complaint, or with code 0 an acknowledgement.
Complaint complaint_of(const Item& item) {
  nlmsgerr error{};
  if (item.payload.size() < sizeof error) return {.code = EBADMSG};
  std::memcpy(&error, item.payload.data(), sizeof error);
  Complaint complaint{.code = -error.error, .sequence = item.header.nlmsg_seq};
  read_words(item, error, complaint);
  return complaint;
}

// Every message of nf_tables has the name of its table as its first attribute (NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, …).
bool is_about(std::string_view table, const Item& item) {
  constexpr std::uint16_t name_of_table = 1;
  if (table.empty() || item.payload.size() < sizeof(nfgenmsg)) return true;
  const auto attributes = Attributes::parse(item.payload.subspan(sizeof(nfgenmsg)));
  return attributes && attributes->text(name_of_table) == table;
}

Complaint system_complaint(int code) {
  return {.code = code};
}

}  // namespace

Socket::Socket(SocketObject socket) : socket_(std::move(socket)), buffer_(receive_size) {}

tl::expected<Socket, Complaint> Socket::open() {
  SocketObject opened(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!opened) return tl::unexpected(system_complaint(errno));
  if (mnl_socket_bind(opened.get(), 0, MNL_SOCKET_AUTOPID) != 0) return tl::unexpected(system_complaint(errno));
  const int fd = mnl_socket_get_fd(opened.get());
  int on = 1;
  mnl_socket_setsockopt(opened.get(), NETLINK_EXT_ACK, &on, sizeof on);  // before 4.12: no words
  mnl_socket_setsockopt(opened.get(), NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest_wait, sizeof longest_wait);
  return Socket(std::move(opened));
}

std::uint32_t Socket::reserve(std::size_t messages) {
  const std::uint32_t first = sequence_;
  sequence_ += static_cast<std::uint32_t>(messages);
  return first;
}

// One datagram, in buffer_ until the next call.
tl::expected<Span, Complaint> Socket::receive(int flags) {
  while (true) {
    iovec vector{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    const ssize_t size = recvmsg(mnl_socket_get_fd(socket_.get()), &message, flags);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return tl::unexpected(system_complaint(errno));
    if ((message.msg_flags & MSG_TRUNC) != 0) return tl::unexpected(system_complaint(EMSGSIZE));
    return Span(buffer_).first(static_cast<std::size_t>(size));
  }
}

// Reads away what is left of an answer that was given up, or the kernel would call the next dump EBUSY.
void Socket::drain() {
  constexpr int most = 100'000;
  for (int i = 0; i < most; ++i) {
    const auto datagram = receive(MSG_DONTWAIT);
    if (!datagram && datagram.error().code == EAGAIN) return;
  }
}

tl::expected<bool, Complaint> Socket::read_answer(Span datagram, const Stream& question, std::string_view table,
                                                  Answer& answer) const {
  for (const Item& item : items_of(datagram)) {
    if (!question.has(item.header.nlmsg_seq)) continue;  // late
    if ((item.header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) answer.interrupted = true;
    if (item.header.nlmsg_type == NLMSG_ERROR) {
      Complaint complaint = complaint_of(item);
      if (complaint.code != 0) return tl::unexpected(std::move(complaint));
      return true;
    }
    if (item.header.nlmsg_type == NLMSG_DONE) {
      int code = 0;
      if (item.payload.size() >= sizeof code) std::memcpy(&code, item.payload.data(), sizeof code);
      if (code < 0) return tl::unexpected(system_complaint(-code));
      return true;
    }
    if (!is_about(table, item)) continue;
    const std::size_t start = answer.stream.size();
    answer.stream.insert(answer.stream.end(), item.whole.begin(), item.whole.end());
    nlmsghdr header = item.header;
    header.nlmsg_flags &= static_cast<std::uint16_t>(~NLM_F_DUMP_INTR);  // it tells of the reading, not of what is read
    std::memcpy(answer.stream.data() + start, &header, sizeof header);
    answer.stream.resize((answer.stream.size() + 3) & ~std::size_t{3});
  }
  return false;
}

tl::expected<Answer, Complaint> Socket::ask_once(const Stream& question, std::string_view table) {
  const auto bytes = question.bytes();
  if (mnl_socket_sendto(socket_.get(), bytes.data(), bytes.size()) < 0) return tl::unexpected(system_complaint(errno));
  Answer answer;
  while (true) {
    const auto datagram = receive(0);
    if (!datagram) {
      drain();
      return tl::unexpected(datagram.error());
    }
    const auto last = read_answer(*datagram, question, table, answer);
    if (!last) return tl::unexpected(last.error());
    if (*last) return answer;
  }
}

// A dump that others' commits interrupted may have left something out, or not: with a busy neighbour all of them are
// interrupted. Two in a row that are equal to the bit are given, and called what they are.
tl::expected<Answer, Complaint> Socket::ask(const Stream& question, std::string_view table) {
  std::optional<std::size_t> previous;
  for (int attempt = 0; attempt < dump_attempts; ++attempt) {
    auto answer = ask_once(question, table);
    if (!answer || !answer->interrupted) return answer;
    const auto* bytes = reinterpret_cast<const char*>(answer->stream.data());
    const auto digest = std::hash<std::string_view>{}({bytes, answer->stream.size()});
    if (digest == previous) return answer;
    previous = digest;
  }
  return tl::unexpected(system_complaint(EINTR));
}

// Without the privilege to force it the batch is tried with the buffer that there is.
bool Socket::grow_send_buffer(std::size_t bytes) {
  const std::size_t wanted = bytes + 4096;
  if (wanted <= send_buffer_) return true;
  if (wanted > std::size_t{1} << 30) return false;  // the kernel's limit
  const int size = static_cast<int>(wanted);
  if (setsockopt(mnl_socket_get_fd(socket_.get()), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0)
    send_buffer_ = wanted;
  return true;
}

tl::expected<void, Complaints> Socket::send_batch(const Stream& batch) {
  const auto bytes = batch.bytes();
  if (!grow_send_buffer(bytes.size())) return tl::unexpected(Complaints{.all = {system_complaint(EMSGSIZE)}});
  if (mnl_socket_sendto(socket_.get(), bytes.data(), bytes.size()) < 0)
    return tl::unexpected(Complaints{.all = {system_complaint(errno)}});
  Complaints complaints;
  while (true) {
    auto datagram = receive(MSG_DONTWAIT);
    if (!datagram && datagram.error().code == EAGAIN) break;
    if (!datagram) {
      if (complaints.lost) break;  // twice: give up reading
      complaints.lost = true;
      continue;
    }
    for (const Item& item : items_of(*datagram)) {
      if (item.header.nlmsg_type != NLMSG_ERROR || !batch.has(item.header.nlmsg_seq)) continue;
      Complaint complaint = complaint_of(item);
      if (complaint.code != 0) complaints.all.push_back(std::move(complaint));
    }
  }
  if (complaints.all.empty() && !complaints.lost) return {};
  return tl::unexpected(std::move(complaints));
}

}  // namespace selvedge::nft::netlink
