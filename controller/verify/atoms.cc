#include "controller/verify/atoms.h"

#include <algorithm>
#include <optional>

namespace selvedge::verify {
namespace {

// No value: it was the last of its family.
std::optional<nft::Address> after(nft::Address address) {
  for (std::size_t i = nft::width(address.family); i-- > 0;) {
    if (++address.bytes.at(i) != 0) return address;
  }
  return std::nullopt;
}

}  // namespace

bool Atomset::intersects(const Atomset& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if ((words_[i] & other.words_[i]) != 0) return true;
  }
  return false;
}

Atoms::Atoms(nft::Family family, const std::vector<nft::Interval>& edges) : family_(family) {
  first_.push_back({family, {}});
  for (const nft::Interval& edge : edges) {
    if (edge.first.family != family) continue;
    first_.push_back(edge.first);
    if (const auto next = after(edge.last)) first_.push_back(*next);
  }
  std::ranges::sort(first_);
  first_.erase(std::unique(first_.begin(), first_.end()), first_.end());
}

Atom Atoms::at(const nft::Address& address) const {
  return static_cast<Atom>(std::ranges::upper_bound(first_, address) - first_.begin()) - 1;
}

Atomset Atoms::within(const nft::Interval& interval) const {
  Atomset set(size());
  for (Atom atom = at(interval.first); atom <= at(interval.last); ++atom) set.insert(atom);
  return set;
}

}  // namespace selvedge::verify
