// Who gains and who loses access between two states of a cluster, by workload.
//
// Pods of a workload may differ in what they may do (labels of their own, addresses in a block): what some of them gain
// is a gain, and what some of them lose a loss.
#pragma once

#include <string>
#include <vector>

#include "controller/reach/reach.h"

namespace selvedge::reach {

// Between two that both states have.
struct Change {
  std::string from, to;  // "shop/Deployment/web", "anywhere else"
  std::string family;    // "IPv4", "IPv6"; empty: both, or the one that the two have in common
  Ports gained, lost;
};

// One that only one of the states has, and with how many others it may talk there.
struct Arrival {
  std::string name;
  std::size_t reaches = 0;
  std::size_t reached_by = 0;
};

struct Difference {
  std::vector<Change> changes;  // by `to`, then `from`
  std::vector<Arrival> come;    // by name
  std::vector<Arrival> gone;

  bool empty() const { return changes.empty() && come.empty() && gone.empty(); }
};

// Both of the same blocks (parties_of).
Difference difference(const Reach& before, const Reach& after);

std::string name_of(const Party& party);  // "shop/Deployment/web"

}  // namespace selvedge::reach
