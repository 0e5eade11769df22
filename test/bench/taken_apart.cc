#include "test/bench/taken_apart.h"

#include <algorithm>
#include <functional>

namespace selvedge::bench {
namespace {

using Change = std::function<void(nft::Table&)>;

void for_rules(nft::Table& table, const std::function<void(nft::Rule&)>& change) {
  for (auto& [name, chain] : table.chains) std::ranges::for_each(chain.rules, change);
}

template <class Condition>
void remove_rules(nft::Chain& chain, Condition condition) {
  std::erase_if(chain.rules, condition);
}

void without_counters(nft::Table& table) {
  for_rules(table, [](nft::Rule& rule) { rule.counter.clear(); });
  table.counters.clear();
}

void without_comments(nft::Table& table) {
  for_rules(table, [](nft::Rule& rule) { rule.comment.clear(); });
}

// Neighbour discovery, listeners, routers, link-scope, VXLAN: all that stands between replies and dispatch.
void without_link_rules(nft::Table& table) {
  for (auto& [name, chain] : table.chains) {
    if (!chain.base) continue;
    remove_rules(chain, [](const nft::Rule& rule) {
      const bool replies = rule.matches.size() == 1 && std::holds_alternative<nft::MatchCtState>(rule.matches[0]);
      return !replies && !std::holds_alternative<nft::Dispatch>(rule.verdict);
    });
  }
}

void without_link_scope(nft::Table& table) {
  for (auto& [name, chain] : table.chains)
    remove_rules(chain, [](const nft::Rule& rule) {
      const auto* jump = std::get_if<nft::Jump>(&rule.verdict);
      return jump != nullptr && jump->chain == "link-scope";
    });
}

void without_fib(nft::Table& table) {
  for (auto& [name, chain] : table.chains)
    remove_rules(chain, [](const nft::Rule& rule) {
      return std::ranges::any_of(
          rule.matches, [](const nft::Match& match) { return std::holds_alternative<nft::MatchFibType>(match); });
    });
}

void without_egress(nft::Table& table) {
  table.chains.at("egress").rules.clear();
  table.chains.at("egress").base.reset();
}

void without_invalid(nft::Table& table) {
  for (auto& [name, chain] : table.chains)
    if (!chain.base)
      remove_rules(chain, [](const nft::Rule& rule) {
        return !rule.matches.empty() && std::holds_alternative<nft::MatchCtState>(rule.matches[0]);
      });
}

void without_all(nft::Table& table) {
  without_counters(table);
  without_comments(table);
  without_link_rules(table);
  without_egress(table);
  without_invalid(table);
}

}  // namespace

std::vector<Part> taken_apart(const nft::Table& table) {
  const std::vector<std::pair<std::string, Change>> changes{{"without counters", without_counters},
                                                            {"without comments", without_comments},
                                                            {"without link rules", without_link_rules},
                                                            {"without link-scope", without_link_scope},
                                                            {"without fib", without_fib},
                                                            {"without egress hook", without_egress},
                                                            {"without invalid", without_invalid},
                                                            {"without all of these", without_all}};
  std::vector<Part> parts;
  for (const auto& [what, change] : changes) {
    parts.push_back({what, table});
    change(parts.back().table);
    parts.back().table.name = "part-" + std::to_string(parts.size());
  }
  return parts;
}

}  // namespace selvedge::bench
