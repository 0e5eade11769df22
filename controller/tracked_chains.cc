#include "controller/tracked_chains.h"

namespace selvedge {

void TrackedChains::put(const std::string& name, std::optional<nft::Chain> chain, nft::Changes& changes) {
  const auto known = chains_.find(name);
  if (known == chains_.end() ? !chain : chain && known->second == *chain) return;
  if (chain) begin_counting(*chain, changes);
  if (known != chains_.end()) end_counting(known->second, changes);
  if (chain) {
    changes.chains[name] = *chain;
    chains_.insert_or_assign(name, *std::move(chain));
  } else {
    changes.chains[name] = nft::Gone{};
    chains_.erase(known);
  }
}

void TrackedChains::add_to(nft::Table& table) const {
  table.chains = chains_;
  for (const auto& [name, users] : counters_) table.counters.insert(name);
}

// A counter that goes and comes back between two questions has not changed.
void TrackedChains::begin_counting(const nft::Chain& chain, nft::Changes& changes) {
  for (const nft::Rule& rule : chain.rules) {
    if (rule.counter.empty() || counters_[rule.counter]++ > 0) continue;
    if (changes.counters.erase(rule.counter) == 0) changes.counters[rule.counter] = true;
  }
}

void TrackedChains::end_counting(const nft::Chain& chain, nft::Changes& changes) {
  for (const nft::Rule& rule : chain.rules) {
    if (rule.counter.empty() || --counters_[rule.counter] > 0) continue;
    counters_.erase(rule.counter);
    if (changes.counters.erase(rule.counter) == 0) changes.counters[rule.counter] = false;
  }
}

}  // namespace selvedge
