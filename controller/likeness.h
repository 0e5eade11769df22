// All that policies can ask of a peer, but for its namespace: labels, named ports and
// whether it was understood. In one piece of memory, as there is one for almost every pod.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "controller/packed_labels.h"
#include "k8sclient/types.h"

namespace selvedge {

struct PortOfPod {
  std::string_view name;
  k8s::Protocol protocol = k8s::Protocol::tcp;
  std::uint16_t number = 0;

  auto operator<=>(const PortOfPod&) const = default;
};

class Likeness {
 public:
  explicit Likeness(const k8s::Pod& pod);

  LabelsView labels() const { return LabelsView(std::string_view(packed_).substr(0, labels_size_)); }
  bool understood() const { return understood_; }  // false: it is no peer, and isolated if local

  // `visit(port)` for each that has a name and a number, once; sorted.
  template <typename Visit>
  void each_port(Visit visit) const {
    for (std::string_view rest = std::string_view(packed_).substr(labels_size_); !rest.empty();) visit(take_port(rest));
  }

  std::uint32_t hash() const;
  bool operator==(const Likeness&) const = default;

 private:
  static PortOfPod take_port(std::string_view& rest);

  std::string packed_;  // the labels, then of each port the name, and protocol and number in three bytes
  std::uint32_t labels_size_ = 0;
  bool understood_ = true;
};

}  // namespace selvedge
