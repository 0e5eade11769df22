#include "test/soak/layouts.h"

#include <array>
#include <variant>

#include "nft/overloaded.h"
#include "test/soak/world.h"

namespace selvedge::soak {
namespace {

const std::string prefix = "old-";

void rename(nft::Verdict& verdict) {
  std::visit(nft::Overloaded{[](nft::Jump& jump) { jump.chain = prefix + jump.chain; },
                             [](nft::Goto& jump) { jump.chain = prefix + jump.chain; },
                             [](nft::Dispatch& dispatch) { dispatch.map = prefix + dispatch.map; }, [](auto&) {}},
             verdict);
}

void rename(nft::Match& match) {
  std::visit(nft::Overloaded{[](nft::MatchAddressSet& in) { in.set = prefix + in.set; },
                             [](nft::MatchEndpointSet& in) { in.set = prefix + in.set; }, [](auto&) {}},
             match);
}

template <typename Object>
std::map<std::string, Object> renamed(std::map<std::string, Object> objects) {
  std::map<std::string, Object> result;
  for (auto& [name, object] : objects) result.emplace(prefix + name, std::move(object));
  return result;
}

void shift_priorities(nft::Table& table) {
  for (auto& [name, chain] : table.chains)
    if (chain.base) chain.base->priority += chain.base->priority == -10 ? -4 : 2;
}

nft::Table rename(nft::Table table) {
  for (auto& [name, chain] : table.chains) {
    for (nft::Rule& rule : chain.rules) {
      rename(rule.verdict);
      for (nft::Match& match : rule.matches) rename(match);
    }
  }
  for (auto& [name, map] : table.maps)
    for (auto& [key, verdict] : map.elements) rename(verdict);
  table.chains = renamed(std::move(table.chains));
  table.sets = renamed(std::move(table.sets));
  table.maps = renamed(std::move(table.maps));
  table.chains["old-guard"] = {.base = nft::Base{nft::Hook::forward, -7}, .rules = {}};
  return table;
}

bool is_of_one_field(const nft::Set& set) {
  return set.type.size() == 1;
}

}  // namespace

std::string to_string(Layout layout) {
  static constexpr std::array<const char*, static_cast<std::size_t>(Layout::count)> names{
      "the agent's", "another VXLAN port", "no VXLAN", "all chains refilled", "other names", "other shapes"};
  return names.at(static_cast<std::size_t>(layout));
}

bool is_agents(Layout layout) {
  return layout == Layout::plain || layout == Layout::other_vxlan || layout == Layout::no_vxlan;
}

Settings settings_of(Layout layout) {
  Settings settings;
  settings.node = node_name;
  if (layout == Layout::other_vxlan) settings.vxlan_port = 4789;
  if (layout == Layout::no_vxlan) settings.vxlan_port = 0;
  return settings;
}

nft::Table in_layout(nft::Table table, Layout layout, std::uint64_t number) {
  if (layout == Layout::commented) {
    for (auto& [name, chain] : table.chains)
      for (nft::Rule& rule : chain.rules) rule.comment = "version " + std::to_string(number);
  }
  if (layout == Layout::renamed) {
    table = rename(std::move(table));
    shift_priorities(table);
  }
  if (layout == Layout::reshaped) {
    shift_priorities(table);
    for (auto& [name, set] : table.sets)
      if (is_of_one_field(set)) set.interval = true;
  }
  return table;
}

}  // namespace selvedge::soak
