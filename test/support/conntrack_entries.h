// Conntrack entries written by hand, so that one packet alone is already part of a connection:
// no handshake has to pass the rules first.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nft/ip.h"

struct mnl_socket;

namespace selvedge::test {

struct Connection {
  nft::Address source;  // who began
  nft::Address destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;  // the identifier of an ICMP echo
  std::uint16_t destination_port = 0;
  enum class State : std::uint8_t { unanswered, answered, expected };  // expected: by some other connection
  State state = State::unanswered;
};

// Of the network namespace of the thread that made it. Throws std::runtime_error with the kernel's words.
class ConntrackEntries {
 public:
  ConntrackEntries();
  void add(const std::vector<Connection>& connections);
  void flush();

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  void transact(const std::vector<std::uint8_t>& messages, std::size_t count);

  std::unique_ptr<mnl_socket, Close> socket_;
};

}  // namespace selvedge::test
