// A set's elements: one sorted run without overlaps. Batches of elements are merged into it and
// taken out of it in one pass, so that one element costs a move and ten thousand do not cost
// ten thousand of them.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "nft/ruleset.h"

namespace selvedge::nft {

// Adds `more` and yields those that were not there yet. Error: the first of `more` that overlaps
// another one without being equal to it; nothing was added.
tl::expected<std::vector<Element>, Element> add_elements(std::vector<Element>& run, std::vector<Element> more);

// Error: the first of `some` that is not there; nothing was deleted.
tl::expected<void, Element> delete_elements(std::vector<Element>& run, std::vector<Element> some);

}  // namespace selvedge::nft
