#include "controller/likeness.h"

#include <functional>
#include <set>

#include "controller/flat_set.h"

namespace selvedge {

Likeness::Likeness(const k8s::Pod& pod) : packed_(packed(pod.meta.labels)), understood_(pod.understood) {
  labels_size_ = static_cast<std::uint32_t>(packed_.size());
  std::set<PortOfPod> ports;
  for (const k8s::ContainerPort& port : pod.ports) {
    if (!port.name.empty() && port.number != 0) ports.insert({port.name, port.protocol, port.number});
  }
  for (const PortOfPod& port : ports) {
    pack(packed_, port.name);
    packed_.push_back(static_cast<char>(port.protocol));
    packed_.push_back(static_cast<char>(port.number >> 8));
    packed_.push_back(static_cast<char>(port.number & 0xff));
  }
  packed_.shrink_to_fit();
}

PortOfPod Likeness::take_port(std::string_view& rest) {
  PortOfPod port{.name = unpack(rest)};
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
  port.protocol = static_cast<k8s::Protocol>(byte(0));
  port.number = static_cast<std::uint16_t>(byte(1) << 8 | byte(2));
  rest.remove_prefix(3);
  return port;
}

std::uint32_t Likeness::hash() const {
  return spread(std::hash<std::string>()(packed_));
}

}  // namespace selvedge
