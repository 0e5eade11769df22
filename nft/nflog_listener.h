// What log statements tell of packets (NFLOG), heard over a netlink socket of its own.
//
// One socket in a network namespace may hear a group, and the kernel never waits for it: what does not fit into its
// buffer is lost, and how many were is told by the group's own count.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/backend.h"
#include "nft/nflog_messages.h"

struct mnl_socket;

namespace selvedge::nft {

struct LoggedPacket {
  std::chrono::system_clock::time_point time;  // the kernel's, or when it was read
  std::string prefix;                          // of the rule, bytes of any kind
  std::string in;                              // interfaces; empty: none, or one that is gone
  std::string out;
  std::vector<std::uint8_t> bytes;  // its first ones, from the IP header on

  bool operator==(const LoggedPacket&) const = default;
};

struct Heard {
  std::vector<LoggedPacket> packets;  // in their order
  std::uint64_t lost = 0;             // packets that the kernel could not hand over, since the last call
};

// Not thread-safe. Works in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. Errors as in
// backend.h: Kind::denied, no privilege; Kind::refused, another program hears that group; Kind::unsupported, no netlink
// log in this kernel (module nfnetlink_log); else Kind::transient.
class NflogListener {
 public:
  // `receive_buffer` in bytes: 4 MiB hold some ten thousand packets. For tests, smaller.
  static tl::expected<NflogListener, Error> open(const nflog::Listening& listening,
                                                 int receive_buffer = 4 * 1024 * 1024);
  NflogListener(NflogListener&&) noexcept;
  NflogListener& operator=(NflogListener&&) noexcept;
  ~NflogListener();

  int fd() const;  // readable when something came

  // What has come, without waiting, of a bounded number of packets: whoever listens goes on to wait for fd().
  tl::expected<Heard, Error> take();

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit NflogListener(std::unique_ptr<mnl_socket, Close> socket);

  tl::expected<std::size_t, Error> receive(int flags);
  tl::expected<int, Error> ask(const std::vector<std::uint8_t>& request);
  tl::expected<void, Error> bind(const nflog::Listening& listening);
  void note(const nflog::Logged& logged, Heard& heard);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::vector<std::uint8_t> buffer_;   // of a datagram
  std::optional<std::uint32_t> next_;  // the sequence number that is due
};

}  // namespace selvedge::nft
