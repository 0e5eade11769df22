// The form of inspection.h for programs.
#include <array>
#include <cstdio>
#include <string_view>

#include <nlohmann/json.hpp>

#include "controller/cli/holdings.h"
#include "controller/cli/inspection.h"
#include "nft/text.h"
#include "nft/text_words.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(nft::Opaque::Where where) {
  static constexpr std::array<std::string_view, 5> names = {"rule", "set", "chain", "element", "object"};
  return names.at(static_cast<std::size_t>(where));
}

std::string hex(const std::vector<std::uint8_t>& raw) {
  std::string text;
  for (const auto byte : raw) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    text += two;
  }
  return text;
}

Json opaque_json(const nft::Opaque& opaque) {
  return {{"where", name_of(opaque.where)},
          {"owner", opaque.owner},
          {"handle", opaque.handle},
          {"what", opaque.what},
          {"raw", hex(opaque.raw)}};
}

Json counter_json(const std::string& name, const nft::CounterValue& value) {
  const RoleName of = role_name(name);
  return {{"name", name},        {"role", of.role},          {"direction", of.direction},
          {"object", of.object}, {"packets", value.packets}, {"bytes", value.bytes}};
}

Json set_json(const nft::Set& set) {
  Json elements = Json::array();
  for (const auto& element : set.elements) elements.push_back(nft::to_text(set.type, element));
  return {{"comment", set.comment}, {"elements", std::move(elements)}};
}

Json map_json(const nft::Map& map) {
  Json elements = Json::object();
  for (const auto& [key, verdict] : map.elements) {
    const nft::Rule bare{.matches = {}, .counter = {}, .verdict = verdict, .comment = {}};
    elements[nft::to_text(map.type, nft::Element{key, key})] = nft::to_text(bare);
  }
  return {{"comment", map.comment}, {"elements", std::move(elements)}};
}

Json chain_json(const nft::Chain& chain) {
  Json json = Json::object();
  if (chain.base) {
    json["hook"] = nft::text::hook(chain.base->hook);
    json["priority"] = chain.base->priority;
  }
  json["rules"] = Json::array();
  for (const auto& rule : chain.rules)
    json["rules"].push_back({{"rule", nft::to_text(rule)}, {"comment", rule.comment}});
  return json;
}

template <typename Named, typename F>
Json by_name(const Named& named, const F& one) {
  Json json = Json::object();
  for (const auto& [name, value] : named) json[name] = one(value);
  return json;
}

Json value_json(const nft::CounterValue& value) {
  return {{"packets", value.packets}, {"bytes", value.bytes}};
}

Json pods_json(const Holdings& holdings) {
  Json pods = Json::array();
  for (const auto& [key, pod] : holdings.pods) {
    Json one{{"name", pod.name}, {"addresses", pod.addresses}, {"ingress", nullptr}, {"egress", nullptr}};
    for (const auto& [direction, isolated] : pod.isolated)
      one[std::string(to_string(direction))] = {{"chain", isolated.chain},
                                                {"policies", isolated.policies},
                                                {"audited", isolated.audited},
                                                {"denied", value_json(isolated.denied)}};
    pods.push_back(std::move(one));
  }
  return pods;
}

Json policies_json(const Holdings& holdings) {
  Json policies = Json::array();
  for (const auto& [key, policy] : holdings.policies) {
    Json one{{"name", policy.name}, {"ingress", nullptr}, {"egress", nullptr}};
    for (const auto& [direction, rules] : policy.rules)
      one[std::string(to_string(direction))] = {
          {"chain", rules.chain}, {"rules", rules.rules}, {"pods", rules.pods}, {"allowed", value_json(rules.allowed)}};
    policies.push_back(std::move(one));
  }
  return policies;
}

Json drift_json(const std::vector<ObjectChange>& drift) {
  static constexpr std::array<std::string_view, 3> kinds{"altered", "come", "gone"};
  Json changes = Json::array();
  for (const ObjectChange& change : drift)
    changes.push_back({{"kind", kinds.at(static_cast<std::size_t>(change.kind))},
                       {"object", change.object},
                       {"gone", change.gone},
                       {"come", change.come}});
  return changes;
}

Json table_json(const nft::Dump& dump) {
  Json json = {{"table", dump.table.name},      {"handle", dump.handle},   {"owned", dump.owned},
               {"generation", dump.generation}, {"opaque", Json::array()}, {"counters", Json::array()}};
  for (const auto& opaque : dump.opaque) json["opaque"].push_back(opaque_json(opaque));
  for (const auto& [name, value] : dump.counters) json["counters"].push_back(counter_json(name, value));
  json["sets"] = by_name(dump.table.sets, set_json);
  json["maps"] = by_name(dump.table.maps, map_json);
  json["chains"] = by_name(dump.table.chains, chain_json);
  return json;
}

}  // namespace

std::string inspection_json(const Inspection& now, bool compact) {
  Json json = table_json(now.dump);
  const Holdings holdings = holdings_of(now.dump);
  json["pods"] = pods_json(holdings);
  json["policies"] = policies_json(holdings);
  json["names"] = now.names;
  if (now.drift) json["drift"] = drift_json(*now.drift);
  if (now.ports) json["bridge"] = table_json(*now.ports);
  return json.dump(compact ? -1 : 2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace selvedge::cli
