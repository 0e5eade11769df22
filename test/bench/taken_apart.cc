#include "test/bench/taken_apart.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

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

bool is_about_icmpv6(const nft::Rule& rule) {
  return std::ranges::any_of(
      rule.matches, [](const nft::Match& match) { return std::holds_alternative<nft::MatchIcmpv6Type>(match); });
}

// All rules about ICMPv6 behind one test for it.
void with_one_test_for_icmpv6(nft::Table& table) {
  std::map<std::string, nft::Chain> aside;
  for (auto& [name, chain] : table.chains) {
    if (!chain.base) continue;
    const auto first = std::ranges::find_if(chain.rules, is_about_icmpv6);
    if (first == chain.rules.end()) continue;
    auto& rules = aside["icmpv6-" + name].rules;
    std::ranges::copy_if(chain.rules, std::back_inserter(rules), is_about_icmpv6);
    const auto place = first - chain.rules.begin();
    std::erase_if(chain.rules, is_about_icmpv6);
    chain.rules.insert(
        chain.rules.begin() + place,
        {.matches = {nft::MatchProtocol{58}}, .counter = "", .verdict = nft::Jump{"icmpv6-" + name}, .comment = ""});
  }
  table.chains.merge(aside);
}

void with_ports_before_fib(nft::Table& table) {
  for_rules(table, [](nft::Rule& rule) {
    std::stable_partition(rule.matches.begin(), rule.matches.end(),
                          [](const nft::Match& match) { return !std::holds_alternative<nft::MatchFibType>(match); });
  });
}

void with_both(nft::Table& table) {
  with_one_test_for_icmpv6(table);
  with_ports_before_fib(table);
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
                                                            {"without all of these", without_all},
                                                            {"one test for ICMPv6", with_one_test_for_icmpv6},
                                                            {"ports before fib", with_ports_before_fib},
                                                            {"one test for ICMPv6, ports before fib", with_both}};
  std::vector<Part> parts;
  for (const auto& [what, change] : changes) {
    parts.push_back({what, table});
    change(parts.back().table);
    parts.back().table.name = "part-" + std::to_string(parts.size());
  }
  return parts;
}

}  // namespace selvedge::bench
