// A chain that ends in a drop, or a chain of accepts alone, lets through what its rules accept: fewer rules, less.
// What a rule tells of packets (comments, counters, logs) is nothing to them.
#include "nft/chain_effect.h"

#include <algorithm>
#include <vector>

namespace selvedge::nft {
namespace {

using Rules = std::vector<const Rule*>;

template <typename... Verdicts>
bool is_one_of(const Verdict& verdict) {
  return (std::holds_alternative<Verdicts>(verdict) || ...);
}

template <typename Last>
bool ends_in(const Chain& chain) {
  return !chain.rules.empty() && chain.rules.back().matches.empty() &&
         std::holds_alternative<Last>(chain.rules.back().verdict);
}

// Where a chain goes to another for good that one may drop, as those do that tell of what base chains deny.
bool only_lets_through(const Chain& chain) {
  return std::ranges::none_of(chain.rules, [](const Rule& rule) { return is_one_of<Drop, Goto>(rule.verdict); });
}

Rules deciding(const Chain& chain) {
  Rules rules;
  for (const Rule& rule : chain.rules)
    if (!is_one_of<Log>(rule.verdict)) rules.push_back(&rule);
  return rules;
}

// Whether each rule of `some` is in `all`, in the same order.
bool is_part_of(const Rules& some, const Rules& all) {
  auto next = all.begin();
  return std::ranges::all_of(some, [&](const Rule* rule) {
    next = std::find_if(next, all.end(),
                        [&](const Rule* r) { return r->matches == rule->matches && r->verdict == rule->verdict; });
    return next != all.end() && ++next != all.begin();
  });
}

}  // namespace

bool drops_the_rest(const Chain& chain) {
  return ends_in<Drop>(chain);
}

bool drops_all(const Chain& chain) {
  return ends_in<Drop>(chain) &&
         std::ranges::all_of(chain.rules, [](const Rule& rule) { return is_one_of<Drop, Log>(rule.verdict); });
}

bool lets_all_through(const Chain& chain) {
  return ends_in<Accept>(chain) &&
         std::ranges::all_of(chain.rules, [](const Rule& rule) { return is_one_of<Accept, Jump, Log>(rule.verdict); });
}

Effect effect_of(const Chain& before, const Chain& after) {
  const bool all_before = lets_all_through(before), all_after = lets_all_through(after);
  if (all_before && all_after) return Effect::none;
  if (all_before && drops_the_rest(after)) return Effect::narrows;
  if (all_after && drops_the_rest(before)) return Effect::widens;
  const bool comparable =
      (drops_the_rest(before) && drops_the_rest(after)) || (only_lets_through(before) && only_lets_through(after));
  const Rules then = deciding(before), now = deciding(after);
  const bool fewer = is_part_of(now, then);
  if (fewer && then.size() == now.size()) return Effect::none;
  if (comparable && fewer) return Effect::narrows;
  if (comparable && is_part_of(then, now)) return Effect::widens;
  return Effect::both;
}

}  // namespace selvedge::nft
