// Label selectors (meta/v1 LabelSelector), as the API documents them: every entry
// of matchLabels and every one of matchExpressions must hold (semantics 13).
#pragma once

#include "k8sclient/types.h"

namespace selvedge::meaning {

// Whether the API could have accepted it. One that it could not matches nothing, not even the labels that
// some of its entries would match.
bool is_valid(const k8s::LabelSelector& selector);

// Of a valid selector; an empty one matches all.
bool matches(const k8s::LabelSelector& selector, const k8s::Labels& labels);

}  // namespace selvedge::meaning
