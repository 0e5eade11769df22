// The namespaces that packets travel through:
//
//   remote ──veth── uplink ┐               clients of another node: routed
//                          │ node (rules)
//   neighbour ──veth── ┐   │               clients of this node: bridged, and seen by the forward hook through
//   server    ──veth── cni0┘               br_netfilter
//
// One namespace plays all clients of its side, with an address for each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "k8sclient/fd.h"

namespace selvedge::bench {

struct Addresses {
  std::string server = "10.244.1.2";
  std::uint16_t port = 8080;
  std::vector<std::string> remote;     // of 10.244.0.0/16 behind the uplink
  std::vector<std::string> neighbour;  // of 10.244.1.0/24
};

class Wires {
 public:
  // Throws std::runtime_error when the namespaces cannot be set up (no root, no veth, no br_netfilter).
  explicit Wires(const Addresses& addresses);

  const k8s::Fd& node() const { return node_; }
  const k8s::Fd& server() const { return server_; }
  const k8s::Fd& remote() const { return remote_; }
  const k8s::Fd& neighbour() const { return neighbour_; }

 private:
  k8s::Fd node_, server_, remote_, neighbour_;
};

// Lets the clients' and the server's TCP leave in packets of one MTU, not in large ones that the link is to cut, or
// lets it be. Of the calling thread's namespace, interface eth0.
void set_segmentation_offload(bool on);

}  // namespace selvedge::bench
