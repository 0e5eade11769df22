// What the node of a packet bed is configured to do with an address; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "nft/packet.h"
#include "test/support/packet_bed.h"

namespace selvedge::test {

class BedRoutes {
 public:
  explicit BedRoutes(std::vector<Leg> legs);

  const std::vector<Leg>& legs() const { return legs_; }
  std::uint32_t type_of(const nft::Address& address, nft::Hook hook) const;
  std::optional<std::size_t> leg_to(const nft::Address& address) const;  // index; none: no route
  std::optional<std::size_t> leg_named(const std::string& name) const;

  bool is_bridged(const nft::Packet& packet) const;
  bool carries(const nft::Packet& packet) const;
  std::optional<nft::Packet> placed(nft::Packet packet) const;

 private:
  struct Own {
    nft::Address address;
    nft::Interval network;  // longer than two addresses
  };
  struct Route {
    nft::Prefix to;
    std::size_t leg = 0;
  };
  bool is_routed(const nft::Packet& packet) const;
  bool reaches_the_node(const nft::Packet& packet) const;

  std::vector<Leg> legs_;
  std::vector<Own> own_;
  std::vector<Route> routes_;
};

}  // namespace selvedge::test
