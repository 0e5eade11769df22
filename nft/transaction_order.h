// In which order what packets pass may change, where one commit for all of it is not good enough.
//
// A commit is not atomic for a packet in flight: what it looks up late in its way may be new when what it looked
// up early was old. So one that both states forbid gets through if it meets the old egress rules of its
// sender (allowed) and then the new ingress rules of its receiver (allowed); and one that both allow
// is dropped if it misses in one set, which it is about to enter, and then in the next, which it has just left.
// (Linux 6.18, at 7,000 packets a second of such flows: 1 leaked in 300 changes, 1 lost in 100.)
//
// No order is right for all changes: what must be in force first for the one packet must come last for the other. But
// one is for changes that are about one pod's addresses: what the pod loses by its own rules goes first, then
// it enters sets, then it leaves sets, then it gets what its own rules give. And for rules alone that
// take in one direction and give in the other: they take first.
#pragma once

#include <vector>

#include "nft/changes.h"
#include "nft/ruleset.h"

namespace selvedge::nft {

// What `changes` does to chains, sets and maps that are there, in parts that are to be committed one after
// another. Empty: in one commit, as no order of parts is better.
std::vector<Changes> parts_in_order(const Table& current, const Changes& changes);

// Whether what plan() makes of `changes` is right for every packet in flight: there is an order, or none is needed as
// they give only, take only, or are in one place. Else see spares.h.
bool is_right_in_place(const Table& current, const Changes& changes);

}  // namespace selvedge::nft
