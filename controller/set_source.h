// What a set in the table is made of, and so what it is called: rules that mean
// the same share one set.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "controller/policy.h"
#include "nft/ruleset.h"

namespace selvedge {

// A named port on the pods of this node (what ingress rules ask for), or on all pods.
struct NamedPortSet {
  NamedPort port;
  bool local = false;

  auto operator<=>(const NamedPortSet&) const = default;
};
using BlockSet = std::vector<nft::Interval>;  // of one family, not empty, as unite() leaves them
using SetSource = std::variant<PodSet, NamedPortSet, BlockSet>;

std::string set_name(const SetSource& source, nft::Family family);  // "peers-HASH-v4"

// As set_name() calls it, but for the elements.
nft::Set empty_set(const SetSource& source, nft::Family family);

}  // namespace selvedge
