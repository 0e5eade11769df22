// Which port of the pod bridge is which pod's (semantics 92).
//
//   port ─► the addresses that its pod's end held first ─► the one pod of now that has one of them
//
// The surprise is the word first: a pod that may configure its own interface (CAP_NET_ADMIN) can add a neighbour's
// address to it at any time, and gains nothing by it. So this is the one thing in the rules that depends on the past.
// It survives a restart: the rules in the kernel tell it. Which pod has an address is asked anew each time, for the API
// may be late: no pod is cut off for good by what it said for a moment.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/core.h"
#include "nft/bridge_ports.h"
#include "nft/ip.h"

namespace selvedge {

// Not thread-safe.
class PortBindings {
 public:
  struct Port {
    std::string name;
    std::vector<nft::Address> first_held;  // none: not seen to hold any yet
    std::optional<k8s::ObjectKey> pod;
  };

  // What a predecessor's rules say that ports held. They are forgotten if there are no such ports.
  void held(const std::map<std::uint32_t, std::vector<nft::Address>>& by_port);

  // There are these now: others are forgotten, with all that they were bound to.
  void there_are(const std::vector<nft::BridgePort>& ports);
  // The pod's end of the port holds these, as of now.
  void holds(std::uint32_t port, std::vector<nft::Address> addresses);
  // Each port to the one pod that it can be; a pod has one port. In doubt a port is nobody's.
  void bind(const PodAddresses& pods);

  const std::map<std::uint32_t, Port>& ports() const { return ports_; }  // of pods, by index

 private:
  std::map<std::uint32_t, Port> ports_;
  std::map<std::uint32_t, std::vector<nft::Address>> predecessor_;
};

}  // namespace selvedge
