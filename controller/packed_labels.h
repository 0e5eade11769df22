// Labels in one piece of memory: a pod's take a hundred bytes and one allocation,
// where a map of strings takes a thousand and a dozen.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "k8sclient/types.h"

namespace selvedge {

// Texts one after another, each behind its length: any byte may be in one.
void pack(std::string& packed, std::string_view text);
std::string_view unpack(std::string_view& packed);  // the first text, which `packed` loses; there is one

// Labels that another holds.
class LabelsView {
 public:
  explicit LabelsView(std::string_view packed) : packed_(packed) {}

  std::optional<std::string_view> find(std::string_view key) const;

  // `visit(key, value)` for each label, sorted by key.
  template <typename Visit>
  void each(Visit visit) const {
    for (std::string_view rest = packed_; !rest.empty();) {
      const std::string_view key = unpack(rest);
      const std::string_view value = unpack(rest);
      visit(key, value);
    }
  }

 private:
  std::string_view packed_;  // keys and values in turn
};

class PackedLabels {
 public:
  PackedLabels() = default;
  explicit PackedLabels(const k8s::Labels& labels);

  operator LabelsView() const { return LabelsView(packed_); }  // NOLINT(google-explicit-constructor): it is one

  bool operator==(const PackedLabels&) const = default;

 private:
  std::string packed_;
};

std::string packed(const k8s::Labels& labels);  // as LabelsView reads them

}  // namespace selvedge
