// The netlink socket: asks the kernel questions, and hands it a batch in one
// sendmsg. nf_tables carries a batch out before sendmsg returns, so whatever it
// has to say about it is in the receive queue by then; silence is success.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "nft/netlink_attributes.h"
#include "nft/netlink_handles.h"
#include "nft/netlink_stream.h"

namespace selvedge::nft::netlink {

// What the kernel, or the system call, said no with.
struct Complaint {
  int code = 0;                             // errno
  std::string text{};                       // the kernel's own words, if it had any
  std::optional<std::uint32_t> sequence{};  // of the message it is about; none: of no message
  std::optional<std::uint32_t> offset{};    // into that message, of the attribute it is about
};

struct Complaints {
  std::vector<Complaint> all;  // in the kernel's order; empty if `lost` alone is to be told
  bool lost = false;           // ENOBUFS: there were more, or there may have been
};

struct Answer {
  std::vector<std::uint8_t> stream;  // of messages
  bool interrupted = false;  // others committed meanwhile; what is here came twice, but may still lack something
};

// Not thread-safe. Lives in the network namespace of the thread that opened it.
class Socket {
 public:
  static tl::expected<Socket, Complaint> open();

  // The answers to one question (a message of `question`, without a batch's brackets); of a dump, those about
  // `table` alone, if it is named. An interrupted dump is repeated a bounded number of times (then EINTR).
  tl::expected<Answer, Complaint> ask(const Stream& question, std::string_view table = {});

  // Success if the kernel took the batch. A system call that failed is a Complaint without a sequence.
  tl::expected<void, Complaints> send_batch(const Stream& batch);

  std::uint32_t port() const { return mnl_socket_get_portid(socket_.get()); }

  // A number for the first message of the next stream.
  std::uint32_t reserve(std::size_t messages);

 private:
  explicit Socket(SocketObject socket);

  tl::expected<Answer, Complaint> ask_once(const Stream& question, std::string_view table);
  // True: that was the last of the answer.
  tl::expected<bool, Complaint> read_answer(Span datagram, const Stream& question, std::string_view table,
                                            Answer& answer) const;
  tl::expected<Span, Complaint> receive(int flags);
  bool grow_send_buffer(std::size_t bytes);
  void drain();

  SocketObject socket_;
  std::vector<std::uint8_t> buffer_;
  std::size_t send_buffer_ = 0;
  std::uint32_t sequence_ = 1;
};

}  // namespace selvedge::nft::netlink
