#include "controller/cli/inspection.h"

#include <array>
#include <cstdio>
#include <string_view>

#include <nlohmann/json.hpp>

#include "controller/text/printable.h"
#include "nft/text.h"
#include "nft/text_words.h"

namespace selvedge::cli {
namespace {

using Json = nlohmann::ordered_json;

// A counter's name taken apart: deny-ingress-HASH-shop/api (controller/names.h).
struct Counted {
  std::string role;       // "deny", "allow"; empty: not a name of ours
  std::string direction;  // "ingress", "egress"
  std::string object;     // "shop/api"
};

Counted counted(const std::string& name) {
  constexpr std::size_t hash = 16;
  const auto first = name.find('-');
  const auto second = name.find('-', first + 1);
  if (first == std::string::npos || second == std::string::npos || name.size() < second + hash + 3) return {};
  return {name.substr(0, first), name.substr(first + 1, second - first - 1), name.substr(second + hash + 2)};
}

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

std::string counter_line(const std::string& name, const nft::CounterValue& value) {
  const Counted c = counted(name);
  const std::string what = c.role.empty() ? name : c.role + ' ' + c.direction + ' ' + c.object;
  return "#   " + printable(what) + ": " + std::to_string(value.packets) + " packets, " + std::to_string(value.bytes) +
         " bytes\n";
}

std::string opaque_line(const nft::Opaque& opaque) {
  return "#   " + std::string(name_of(opaque.where)) + " of " + printable(opaque.owner) + ", handle " +
         std::to_string(opaque.handle) + ": " + printable(opaque.what) + '\n';
}

Json opaque_json(const nft::Opaque& opaque) {
  return {{"where", name_of(opaque.where)},
          {"owner", opaque.owner},
          {"handle", opaque.handle},
          {"what", opaque.what},
          {"raw", hex(opaque.raw)}};
}

Json counter_json(const std::string& name, const nft::CounterValue& value) {
  const Counted c = counted(name);
  return {{"name", name},       {"role", c.role},           {"direction", c.direction},
          {"object", c.object}, {"packets", value.packets}, {"bytes", value.bytes}};
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

}  // namespace

std::string inspection_text(const nft::Dump& dump) {
  std::string text = std::string("# table ") + nft::to_string(dump.table.family) + ' ' + dump.table.name + ", handle " +
                     std::to_string(dump.handle) + (dump.owned ? ", owned by a process\n" : ", not owned\n");
  if (!dump.opaque.empty()) text += "# not understood:\n";
  for (const auto& opaque : dump.opaque) text += opaque_line(opaque);
  if (!dump.counters.empty()) text += "# counters:\n";
  for (const auto& [name, value] : dump.counters) text += counter_line(name, value);
  return text + nft::to_text(dump.table);
}

namespace {

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

std::string inspection_json(const nft::Dump& dump, const std::optional<nft::Dump>& ports) {
  Json json = table_json(dump);
  if (ports) json["bridge"] = table_json(*ports);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace selvedge::cli
