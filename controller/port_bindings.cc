#include "controller/port_bindings.h"

#include <algorithm>
#include <utility>

namespace selvedge {
namespace {

bool share_one(const std::vector<nft::Address>& a, const std::vector<nft::Address>& b) {
  return std::ranges::any_of(a, [&](const nft::Address& one) { return std::ranges::find(b, one) != b.end(); });
}

}  // namespace

void PortBindings::held(const std::map<std::uint32_t, std::vector<nft::Address>>& by_port) {
  predecessor_ = by_port;
}

void PortBindings::there_are(const std::vector<nft::BridgePort>& ports) {
  std::map<std::uint32_t, Port> now;
  for (const nft::BridgePort& port : ports) {
    if (!port.of_a_pod) continue;
    const auto known = ports_.find(port.index);
    const bool same = known != ports_.end() && known->second.name == port.name;
    Port& kept = now[port.index];
    if (same) kept = std::move(known->second);
    kept.name = port.name;
    const auto told = predecessor_.find(port.index);
    if (!same && told != predecessor_.end()) kept.first_held = told->second;
  }
  ports_ = std::move(now);
  predecessor_.clear();
}

void PortBindings::holds(std::uint32_t port, std::vector<nft::Address> addresses) {
  const auto found = ports_.find(port);
  if (found != ports_.end() && found->second.first_held.empty()) found->second.first_held = std::move(addresses);
}

// A port that held several pods' addresses at first, as after a start of the daemon among pods that had configured
// themselves, can be told as soon as the others of them have theirs.
void PortBindings::bind(const PodAddresses& pods) {
  PodAddresses unbound = pods;
  for (auto& [index, port] : ports_) port.pod.reset();
  for (bool progress = true; progress;) {
    progress = false;
    std::map<k8s::ObjectKey, std::vector<Port*>> claims;  // by ports that can be no other pod's
    for (auto& [index, port] : ports_) {
      std::vector<const k8s::ObjectKey*> candidates;
      for (const auto& [pod, addresses] : unbound)
        if (!port.pod && share_one(port.first_held, addresses)) candidates.push_back(&pod);
      if (candidates.size() == 1) claims[*candidates.front()].push_back(&port);
    }
    for (const auto& [pod, ports] : claims) {
      if (ports.size() != 1) continue;  // both say so: neither is believed
      ports.front()->pod = pod;
      unbound.erase(pod);
      progress = true;
    }
  }
}

}  // namespace selvedge
