// Label selectors, checked and in one normal form, so that two spellings of the
// same selection share one set.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/packed_labels.h"
#include "k8sclient/types.h"

namespace selvedge {

// All requirements must hold; none: everything matches. Sorted, values sorted, no repetition;
// matchLabels are requirements of one value.
struct Selector {
  std::vector<k8s::Requirement> requirements;

  auto operator<=>(const Selector&) const = default;
};

// The error says which key or value the API would not accept (apimachinery, pkg/labels). Such a
// selector, which old objects can hold, matches nothing (semantics 13).
tl::expected<Selector, std::string> compile(const k8s::LabelSelector& selector);

bool matches(const Selector& selector, const k8s::Labels& labels);
bool matches(const Selector& selector, const LabelsView& labels);

// "role=frontend,tier in (a,b),!legacy"; "(all)" for the empty one. Different selectors differ in text.
std::string to_string(const Selector& selector);

}  // namespace selvedge
