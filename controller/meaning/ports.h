// One element of `ports`: a protocol, and which of its ports.
//
// A name means whatever the pod at the receiving end declares by it, so it may
// stand for no port, one, or several (semantics 30-35).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "k8sclient/types.h"
#include "nft/ruleset.h"

namespace selvedge::meaning {

using Ports = nft::Range<std::uint16_t>;

struct PortElement {
  k8s::Protocol protocol{};
  std::variant<Ports, std::string> ports;  // by number, or by name
};

// No value: it matches nothing (semantics 27, 29).
std::optional<PortElement> read_port(const k8s::PolicyPort& port);

// The ports that `element` stands for where `receiver` is the pod that receives; null: an address that is no pod's.
std::vector<Ports> ports_at(const PortElement& element, const k8s::Pod* receiver);

std::uint8_t number_of(k8s::Protocol protocol);  // in the IP header

}  // namespace selvedge::meaning
