// A node for raw packets: frames built from nft::Packet go in at its interfaces, thousands in a
// second, and what comes out again is what the rules in its kernel let pass.
//
//      far namespace                node (the thread's own namespace)
//   far0, far1, far2  ───veth───  ports of the bridge (Leg: "cni0")
//   far3, …           ───veth───  routed interfaces   (Leg: "eth0", …)
//
// No address lives at the far ends, so nothing there answers; the node's own answers are dropped by a
// table of the bed's at output. Whom a packet is for is a matter of its addresses only: a
// bridged one goes from far0 to far1, a routed one to the gateway of the interface that its
// destination lies behind. A forwarded packet has arrived when it comes out of a far end; one to the
// node when it reaches the end of the input hook, where another table of the bed's logs it (NFLOG).
//
// Every third packet has options or an extension header before its transport header, every sixth comes in two
// fragments (semantics 42): no verdict may depend on that.
//
// The surprise: none is waited for. A sending thread that stays on one processor has its frames
// forwarded in order, so a last frame that no rule sees tells that all before it have gone their way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nft/packet.h"

namespace selvedge::test {

// An interface of the node.
struct Leg {
  std::string name;
  // The node's own there, with the length of their network: "10.244.1.1/24"; link-local ones the same on all.
  std::vector<std::string> addresses;
  std::vector<std::string> networks;  // what lies behind it: "10.244.1.0/24", "0.0.0.0/0"
};

// The project's address plan: pods of this node 10.244.1.0/24 and fd00:244:0:1::/64 on cni0, all else behind eth0.
std::vector<Leg> usual_legs();

// Used by the thread that made it, and by no other. Throws std::runtime_error when the namespace
// cannot be set up (no root, no veth, …).
class PacketBed {
 public:
  // Makes the node of the calling thread's network namespace, which must be fresh. The first leg is the bridge.
  explicit PacketBed(std::vector<Leg> legs = usual_legs());
  ~PacketBed();
  PacketBed(const PacketBed&) = delete;
  PacketBed& operator=(const PacketBed&) = delete;

  // Sends each packet under the rules of now, as the only one of its connection; whether it arrived. Throws
  // std::invalid_argument for one that carries() denies.
  std::vector<bool> arrivals(const std::vector<nft::Packet>& packets);

  // Whether such a packet can come about here: interfaces that fit its hook and addresses, a hop limit that it can
  // have there, a state that conntrack can find it in. Some that can will yet not arrive even without rules
  // (martian sources, groups that the node has not joined).
  bool carries(const nft::Packet& packet) const;

  // `packet` with hook, interfaces, address types and state as they are for its addresses and protocol;
  // no value: its source is the node, or nothing lies where one of its addresses leads.
  std::optional<nft::Packet> placed(nft::Packet packet) const;

  std::vector<std::string> interfaces() const;  // the names of the legs

  // What the node's routing table says of an address to the rules of a hook, RTN_*.
  std::uint32_t type_of(const nft::Address& address, nft::Hook hook) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The state in which conntrack finds the first packet of its kind.
std::uint32_t first_state(const nft::Packet& packet);

}  // namespace selvedge::test
