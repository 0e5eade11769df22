// The objects of a small shop, and how to look at the table that a core makes of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "controller/core.h"
#include "nft/text.h"
#include "nft/validate.h"

namespace selvedge::shop {

inline k8s::Meta meta(const std::string& ns, const std::string& name, k8s::Labels labels = {}) {
  return {.ns = ns, .name = name, .uid = "", .labels = std::move(labels), .created = ""};
}

inline k8s::Pod pod(const std::string& name, k8s::Labels labels, std::vector<std::string> addresses,
                    const std::string& node = "node-a") {
  k8s::Pod result;
  result.meta = meta("shop", name, std::move(labels));
  result.node = node;
  result.phase = k8s::Pod::Phase::running;
  result.addresses = std::move(addresses);
  return result;
}

inline k8s::NetworkPolicy policy(const std::string& name, k8s::Labels selector,
                                 std::vector<k8s::PolicyRule> ingress = {}) {
  k8s::NetworkPolicy result;
  result.meta = meta("shop", name);
  result.pod_selector.match_labels = std::move(selector);
  result.ingress_isolates = true;
  result.ingress = std::move(ingress);
  return result;
}

inline k8s::PolicyRule from_pods(k8s::Labels labels) {
  return {.peers = {{.pod_selector = k8s::LabelSelector{.match_labels = std::move(labels), .match_expressions = {}},
                     .namespace_selector = {},
                     .ip_block = {}}},
          .ports = {}};
}

inline k8s::PolicyRule named_port(const std::string& name) {
  return {.peers = {}, .ports = {{.protocol = k8s::Protocol::tcp, .port = name, .end_port = {}}}};
}

inline nft::Table table_of(const std::vector<k8s::Object>& objects, Settings settings = {.node = "node-a"}) {
  Core core(std::move(settings));
  for (const k8s::Object& object : objects) core.upsert(object);
  nft::Table table = core.table();
  const auto faults = nft::validate(table);
  EXPECT_TRUE(faults.empty()) << faults[0].object << ": " << faults[0].message;
  return table;
}

inline std::string chain_text(const nft::Table& table, const std::string& name) {
  const auto chain = table.chains.find(name);
  if (chain == table.chains.end()) return "(no chain " + name + ")";
  std::string text;
  for (const nft::Rule& rule : chain->second.rules) text += nft::to_text(rule) + "\n";
  return text;
}

inline bool is_dispatched(const nft::Table& table, const std::string& map, const char* address) {
  return table.maps.at(map).elements.contains(nft::key_of(*nft::parse_address(address)));
}

inline std::vector<std::string> elements_of(const nft::Table& table, const std::string& prefix,
                                            const std::string& suffix) {
  std::vector<std::string> elements;
  for (const auto& [name, set] : table.sets) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    for (const nft::Element& e : set.elements) elements.push_back(nft::to_text(set.type, e));
  }
  return elements;
}

}  // namespace selvedge::shop
