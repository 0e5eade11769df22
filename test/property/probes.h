// Packets near the boundaries of worlds: from and to their pods' addresses, the
// edges of their blocks and the next address outside, their ports and the next
// ones, at every hook, in every conntrack state.
//
// Most are plain (a new connection of a pod), for those are what policies are
// about; in the rest everything varies, whether or not such a packet can exist.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nft/packet.h"
#include "test/property/dice.h"
#include "test/property/world.h"

namespace selvedge::test {

class Probes {
 public:
  // Of all these worlds together. Equal arguments give equal packets.
  Probes(std::uint64_t seed, const std::vector<World>& worlds);

  nft::Packet next();

 private:
  void add_pod(const k8s::Pod& pod, bool local);
  void add_rule(const k8s::PolicyRule& rule);
  void add_block(const std::string& cidr);
  void add_port(std::int64_t number);

  const nft::Address& address(nft::Family family, int pods_in_a_hundred);
  void place(nft::Packet& packet);
  void vary(nft::Packet& packet);

  Dice dice_;
  std::vector<nft::Address> pods_[2], others_[2];  // by family
  std::vector<std::uint16_t> ports_;
  std::vector<nft::Hook> others_than_forward_{nft::Hook::input};  // output only where something is judged there
};

// `count` of them.
std::vector<nft::Packet> probes(std::uint64_t seed, const std::vector<World>& worlds, int count);

// A plainer packet of which `fails` is still true, as plain as may be.
nft::Packet plainest(nft::Packet packet, const std::function<bool(const nft::Packet&)>& fails);

}  // namespace selvedge::test
