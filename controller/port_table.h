// The rules against borrowed addresses (semantics 92), in a table of the bridge family, where a packet still has the
// port that it came by:
//
//   hook prerouting -250  from-ports  iif vmap @ports ──► goto port-INDEX-NAME   of a port that is a pod's
//                                                    ──► goto unbound           of one that is not known to be whose
//                                                    yet ──► accept                 of another bridge, or no pod's
//                                     a port that is not in it: as unbound, or where there are other bridges, strange
//
//   port-…      no IPv4, IPv6 or ARP in an untagged frame: drop · its pod's addresses: accept · goto sourceless
//   unbound     the same of frames · addresses of bound pods: drop · of known pods: accept
//               of this node's pod ranges: accept, the guard has its say on them · goto sourceless
//   strange     addresses of bound pods: drop
//   sourceless  DHCP, neighbour discovery and multicast reports without an address, link-local ones: accept
//               IPv4, IPv6: drop                                                 (ARP: accept)
//
// Tagged frames are dropped because the bridge carries them from pod to pod past all rules of IP
// (bridge-nf-filter-vlan-tagged is off, and PPPoE's likewise). Link-local sources are R13's to judge.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controller/port_bindings.h"
#include "nft/bridge_ports.h"
#include "nft/ruleset.h"

namespace selvedge {

struct PortRuling {
  std::string table = "selvedge";
  const PortBindings& bindings;
  const nft::BridgePorts& ports;
  const PodAddresses& pods;                // of this node, all that are known
  const std::vector<nft::Prefix>& ranges;  // its pod ranges; none of a family: they are not known
};
nft::Table port_table(const PortRuling& ruling);

// The addresses by which such a table knows its bound ports.
std::map<std::uint32_t, std::vector<nft::Address>> bound_addresses(const nft::Table& table);

}  // namespace selvedge
