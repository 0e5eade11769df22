// A denied packet with its names: what the log of the kernel and the objects say together.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/denial_prefix.h"
#include "controller/direction.h"
#include "k8sclient/types.h"
#include "nft/ip.h"
#include "nft/packet_head.h"

namespace selvedge::monitor {

// As the log tells of it.
struct Sighting {
  std::chrono::system_clock::time_point time;
  DenialPrefix prefix;
  nft::PacketHead packet;
  std::string in;  // interfaces; empty: none
  std::string out;
};

// Whose address it is.
struct Party {
  enum class Kind : std::uint8_t { pod, node, service, external };
  Kind kind = Kind::external;
  nft::Address address;
  std::string ns{};                     // of pods and Services
  std::string name{};                   // "production/api-0", "node-a"; of an outsider its address
  std::string workload{};               // of pods: "Deployment/api"
  std::vector<std::string> services{};  // that lead to the pod: "production/api"
  std::vector<std::string> blocks{};    // of an outsider: "203.0.113.0/24 of production/api ingress[0] from[2]"

  bool operator==(const Party&) const = default;
};
std::string_view to_string(Party::Kind kind);

struct Denied {
  Sighting seen;
  Party source, destination;
  std::string port_name{};                    // as the receiving pod or Service calls it
  std::optional<k8s::ObjectKey> pod{};        // whose isolation it met
  std::vector<k8s::ObjectKey> isolated_by{};  // sorted
  std::string nearest{};                      // the rule that fails by least, and what it lacks
  std::string note{};                         // what does not fit together: the policies of now would allow it
};

// The end that is not the isolated pod's; where no pod is, the sender.
const Party& peer_of(const Denied& denied);
bool passed(Denial denial);  // it was only told of: audit

}  // namespace selvedge::monitor
