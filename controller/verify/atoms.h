// The addresses of one family, cut at every boundary that anybody draws: within
// an atom no two addresses can be told apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nft/ip.h"

namespace selvedge::verify {

using Atom = std::size_t;

// A set of atoms.
class Atomset {
 public:
  explicit Atomset(std::size_t atoms) : words_((atoms + 63) / 64) {}

  void insert(Atom atom) { words_[atom / 64] |= std::uint64_t{1} << (atom % 64); }
  bool contains(Atom atom) const { return (words_[atom / 64] >> (atom % 64) & 1U) != 0; }
  bool intersects(const Atomset& other) const;

 private:
  std::vector<std::uint64_t> words_;
};

class Atoms {
 public:
  // `edges`: intervals whose inside differs from their outside; those of the other family are passed over.
  Atoms(nft::Family family, const std::vector<nft::Interval>& edges);

  nft::Family family() const { return family_; }
  std::size_t size() const { return first_.size(); }
  const nft::Address& first(Atom atom) const { return first_[atom]; }  // its lowest address
  Atom at(const nft::Address& address) const;                          // of this family
  Atomset within(const nft::Interval& interval) const;                 // one of the edges

 private:
  nft::Family family_;
  std::vector<nft::Address> first_;  // sorted
};

}  // namespace selvedge::verify
