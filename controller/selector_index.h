// Which of many selectors may match given labels, without asking each of them.
//
// A selector is filed under one of its requirements that needs a label to be there:
// under `key=value` for each value that will do, or else under the key alone (its
// anchors). One that needs none (empty, NotIn, DoesNotExist) is asked about always.
// Anchors are kept as hashes: candidates() may name a selector that does not match,
// never leaves one out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controller/packed_labels.h"
#include "controller/selector.h"

namespace selvedge {

using Anchor = std::uint64_t;

Anchor anchor_of(std::string_view scope);  // of a selector that needs no label
Anchor anchor_of(std::string_view scope, std::string_view key);
Anchor anchor_of(std::string_view scope, std::string_view key, std::string_view value);
std::vector<Anchor> anchors_of(std::string_view scope, const Selector& selector);  // different ones

// Not thread-safe. `Id` is cheap to copy; a selector lives in a scope (a namespace), and is sought there only.
template <typename Id>
class SelectorIndex {
 public:
  void insert(std::string_view scope, const Selector& selector, Id id) {
    for (const Anchor anchor : anchors_of(scope, selector)) filed_[anchor].push_back(id);
  }

  void erase(std::string_view scope, const Selector& selector, Id id) {
    for (const Anchor anchor : anchors_of(scope, selector)) {
      const auto filed = filed_.find(anchor);
      filed->second.erase(std::ranges::find(filed->second, id));
      if (filed->second.empty()) filed_.erase(filed);
    }
  }

  // Each at most once, as a key has one value, but for hashes that collide; in no order.
  std::vector<Id> candidates(std::string_view scope, const LabelsView& labels) const {
    std::vector<Id> found;
    const auto add = [&](Anchor anchor) {
      const auto filed = filed_.find(anchor);
      if (filed != filed_.end()) found.insert(found.end(), filed->second.begin(), filed->second.end());
    };
    add(anchor_of(scope));
    labels.each([&](std::string_view key, std::string_view value) {
      add(anchor_of(scope, key));
      add(anchor_of(scope, key, value));
    });
    return found;
  }

 private:
  std::unordered_map<Anchor, std::vector<Id>> filed_;
};

}  // namespace selvedge
