// What a rule `log group N` tells (NFLOG): the packets themselves, in order, as they pass it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "test/support/packet_frame.h"

struct mnl_socket;

namespace selvedge::test {

// Of the network namespace of the thread that made it. Throws std::runtime_error.
class PacketLog {
 public:
  explicit PacketLog(std::uint16_t group);
  struct Logged {
    std::string prefix;  // of the rule
    Bytes packet;        // from its IP header on
  };
  std::vector<Logged> receive_told();  // what has come; does not wait
  std::vector<Bytes> receive();        // the packets of it alone
 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  std::unique_ptr<mnl_socket, Close> socket_;
};

}  // namespace selvedge::test
