// Who reaches whom, for all parties at once: the elements of the plain reading, asked once per selector and party
// instead of once per packet.
//
// It is about what policies say between pods, nodes as addresses, and the outside. Nodes' own pods (R2), neighbour
// discovery and addresses of the link are not its business.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/direction.h"
#include "controller/meaning/peers.h"
#include "controller/meaning/policies.h"
#include "controller/reach/parties.h"
#include "controller/reach/ports.h"
#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge::reach {

// Not thread-safe: what two sets of ports have in common is kept.
class Reach {
 public:
  // Of objects whose pods have addresses (explain::with_addresses), which outlive it. `audited`: namespaces that are by
  // setting; others may be by their label.
  explicit Reach(const std::vector<k8s::Object>& objects, const std::set<std::string>& audited = {})
      : Reach(objects, blocks_of(objects), audited) {}
  // `blocks`: see parties_of().
  Reach(const std::vector<k8s::Object>& objects, const std::vector<nft::Prefix>& blocks,
        const std::set<std::string>& audited = {});
  ~Reach();

  const std::vector<Party>& parties() const;

  // The ports by which pods of party `from` reach others of party `to`, by addresses of that family; none if either
  // has no such address.
  const Ports& between(std::size_t from, std::size_t to, nft::Family family) const;

  // The policies that isolate a party of pods in that direction, by key; of any other party none.
  std::vector<k8s::ObjectKey> isolating(std::size_t party, Direction direction) const;
  bool isolated(std::size_t party, Direction direction) const;  // also without a policy: its object was not understood
  bool audited(std::size_t party) const;  // what isolates it denies nothing, it is only told: it reaches all

  // ---- for whoever shows all of it: the sides that between() puts together ----
  using Index = std::uint32_t;
  // What these policies allow the party with each other one, by numbers of ports(). All that the same policies isolate
  // have one row, at one address. Null: no policy isolates it.
  const std::vector<Index>* row(std::size_t party, Direction direction, nft::Family family) const;
  const Ports& ports(Index index) const;
  // The parties that an element of `from` or `to` stands for in a policy of namespace `ns`, ascending.
  std::vector<Index> members(const meaning::PeerElement& peer, const std::string& ns, nft::Family family) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace selvedge::reach
