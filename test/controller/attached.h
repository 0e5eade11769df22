// Pods of the shop that sandboxes are attached to, and whose rules an address gets by that.
#pragma once

#include <string>
#include <vector>

#include "controller/core.h"
#include "controller/names.h"
#include "test/controller/shop.h"

namespace selvedge::shop {

inline k8s::Pod started(const std::string& name, std::vector<std::string> addresses, k8s::Labels labels = {}) {
  k8s::Pod result = pod(name, std::move(labels), std::move(addresses));
  result.meta.uid = "uid-" + name;
  return result;
}

inline Attachment attachment(const std::string& name, const std::string& address,
                             const std::string& id = "sandbox/eth0") {
  return {.id = id, .pod = {"shop", name}, .uid = "uid-" + name, .addresses = {*nft::parse_address(address)}};
}

// In the direction of a policy of shop.h.
inline std::string rules_of(Core& core, const std::string& address) {
  const nft::Table table = core.table();
  const auto map = table.maps.find("ingress-v4");
  if (map == table.maps.end()) return "";
  const auto element = map->second.elements.find(nft::key_of(*nft::parse_address(address)));
  if (element == map->second.elements.end()) return "";
  const auto* jump = std::get_if<nft::Goto>(&element->second);
  return jump ? jump->chain : "accept";
}

inline Core guarded() {
  Core core({.node = "node-a"});
  core.pod_ranges({*nft::parse_prefix("10.244.1.0/24")});
  return core;
}

inline std::string ingress_chain(const std::string& name) {
  return pod_chain_name(Direction::ingress, {"shop", name}, "uid-" + name);
}

}  // namespace selvedge::shop
