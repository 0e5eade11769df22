// What a policy says that is understood and yet hardly what its author meant, in
// the light of the pods, namespaces and nodes that are there: a selector that
// matches nothing, a block that covers pods, egress without DNS.
//
// No finding changes a rule, and none is about what could not be understood: the
// decoder and the compiler report that. Of a policy that selects no pod nothing is
// said but that. Services are not known here, so nothing is said of their addresses.
#pragma once

#include <vector>

#include "k8sclient/types.h"

namespace selvedge::lint {

// One for each policy and thing that is wrong with it; what repeats is told once, at its first field. Sorted by
// policy. Of several objects of one kind and key the last counts. Pure.
std::vector<k8s::Problem> findings(const std::vector<const k8s::Object*>& objects);

// Policies that select no pod of these objects, sorted.
std::vector<k8s::ObjectKey> selecting_nobody(const std::vector<const k8s::Object*>& objects);

}  // namespace selvedge::lint
