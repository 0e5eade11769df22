// Labels in one piece of memory: a pod's take a hundred bytes and one allocation,
// where a map of strings takes a thousand and a dozen.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "k8sclient/types.h"

namespace selvedge {

class PackedLabels {
 public:
  PackedLabels() = default;
  explicit PackedLabels(const k8s::Labels& labels);

  std::optional<std::string_view> find(std::string_view key) const;

  // `visit(key, value)` for each label, sorted by key.
  template <typename Visit>
  void each(Visit visit) const {
    for (std::size_t at = 0; at < packed_.size();) {
      const std::string_view key = take(at);
      const std::string_view value = take(at);
      visit(key, value);
    }
  }

  auto operator<=>(const PackedLabels&) const = default;

 private:
  std::string_view take(std::size_t& at) const;  // the text at `at`, which moves past it

  std::string packed_;  // each key and value after its length in four bytes: any byte may be in a text
};

}  // namespace selvedge
