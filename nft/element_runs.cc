// In a run without overlaps, elements sorted by their first key are sorted by their last one too:
// one neighbour on each side is all that can overlap.
#include "nft/element_runs.h"

#include <algorithm>

namespace selvedge::nft {
namespace {

bool overlaps(const std::vector<Element>& run, const Element& element) {
  const auto next = std::lower_bound(run.begin(), run.end(), element);
  if (next != run.end() && next->first <= element.last) return true;
  return next != run.begin() && element.first <= std::prev(next)->last;
}

}  // namespace

tl::expected<std::vector<Element>, Element> add_elements(std::vector<Element>& run, std::vector<Element> more) {
  std::sort(more.begin(), more.end());
  more.erase(std::unique(more.begin(), more.end()), more.end());
  std::erase_if(more, [&run](const Element& element) { return std::binary_search(run.begin(), run.end(), element); });
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (overlaps(run, more[i]) || (i > 0 && more[i].first <= more[i - 1].last)) return tl::unexpected(more[i]);
  }
  const auto middle = static_cast<std::ptrdiff_t>(run.size());
  run.insert(run.end(), more.begin(), more.end());
  std::inplace_merge(run.begin(), run.begin() + middle, run.end());
  return more;
}

tl::expected<void, Element> delete_elements(std::vector<Element>& run, std::vector<Element> some) {
  std::sort(some.begin(), some.end());
  for (std::size_t i = 0; i < some.size(); ++i) {
    const bool twice = i > 0 && some[i] == some[i - 1];
    if (twice || !std::binary_search(run.begin(), run.end(), some[i])) return tl::unexpected(some[i]);
  }
  auto next = some.begin();
  std::erase_if(run, [&](const Element& element) {
    const bool found = next != some.end() && *next == element;
    if (found) ++next;
    return found;
  });
  return {};
}

}  // namespace selvedge::nft
