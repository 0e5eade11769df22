// Cuts the packet space of one family dimension by dimension, each time asking
// the table (Inquiry) and the state which boundaries still matter for what is known
// so far: path, conntrack state, addresses, kind of address, what is carried.
//
// Addresses of isolated local pods are taken one by one. All others fall into
// classes, relative to the one at the other end: its policies tell only so many apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/verify/address_classes.h"
#include "controller/verify/judge.h"
#include "controller/verify/rulings.h"

namespace selvedge::verify {

// Not thread-safe; everything it is given must outlive it.
class Exploration {
 public:
  Exploration(nft::Family family, const nft::Table& table, const meaning::Meaning& state, Judge& judge);

  void run();  // asks the judge about each class

 private:
  void explore_paths(nft::Hook hook);
  void explore_states(Region region);
  void explore_types(Region region);
  void explore_addresses(const Region& region);
  void ask_all(const Region& region, const std::vector<Atom>& sources, const std::vector<Atom>& destinations);
  void ask_pair(Region region, Atom source, Atom destination);
  void ask_transports(const Region& region, nft::Packet packet);

  nft::Packet packet_of(const Region& region) const;
  std::vector<std::string> names(const std::vector<std::string>& asked) const;
  std::uint64_t ruled(Atom atom) const;
  bool asks_policies(const Region& region) const { return class_of(*region.state) == StateClass::first; }

  nft::Family family_;
  meaning::Viewpoint viewpoint_;
  Judge& judge_;
  Atoms atoms_;
  Inquiry inquiry_;
  Grants grants_;
  std::vector<Atom> anchors_;  // addresses of isolated local pods
  std::vector<Atom> others_;   // one of each class of all others
  std::vector<Atomset> ruled_;
  Atomset guarded_;
};

}  // namespace selvedge::verify
