// The namespaces, links, routes and neighbours of a packet bed, and the socket on its far ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "test/support/packet_bed.h"
#include "test/support/packet_frame.h"

namespace selvedge::test {

// One veth pair. The bridge has the first `bridge_ports` of them, each other leg one.
struct Cable {
  std::size_t leg = 0;
  Mac far{};           // at the far end
  Mac node{};          // of the leg's interface in the node
  int interface = -1;  // of the far end, in the far namespace
};
constexpr std::size_t bridge_ports = 3;

class Wiring {
 public:
  // Makes the calling thread's namespace the node.
  explicit Wiring(const std::vector<Leg>& legs);
  ~Wiring();
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  const std::vector<Cable>& cables() const { return cables_; }
  const Cable& first_of(std::size_t leg) const;

  struct Outgoing {
    int interface = -1;
    Bytes frame;
  };
  void send(std::span<const Outgoing> frames);

  struct Incoming {
    int interface = -1;
    Bytes frame;
  };
  std::vector<Incoming> receive();        // what has come; does not wait
  int socket() const { return socket_; }  // for poll()

 private:
  void find_interfaces();

  std::vector<Cable> cables_;
  int far_namespace_ = -1;
  int socket_ = -1;
};

}  // namespace selvedge::test
