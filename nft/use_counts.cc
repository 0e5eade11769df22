// A name that does not exist is counted like any other: the question is put by name.
#include "nft/use_counts.h"

namespace selvedge::nft {

UseCounts::UseCounts(const Table& table) {
  for (const auto& [name, chain] : table.chains) {
    for (const Rule& rule : chain.rules) count(rule, 1);
  }
  for (const auto& [name, map] : table.maps) {
    for (const auto& [key, verdict] : map.elements) count(verdict, 1);
  }
}

void UseCounts::count(const Rule& rule, int by) {
  for (const Reference& reference : references_of(rule)) {
    const std::string name(reference.name);
    if (reference.to == Reference::To::chain) {
      chains_[name] += by;
    } else if (reference.to == Reference::To::counter) {
      counters_[name] += by;
    } else {
      sets_[name] += by;
    }
  }
}

void UseCounts::count(const Verdict& verdict, int by) {
  if (const auto target = target_of(verdict)) chains_[std::string(*target)] += by;
}

bool UseCounts::in_use(Reference::To to, const std::string& name) const {
  const auto& uses = to == Reference::To::chain ? chains_ : to == Reference::To::counter ? counters_ : sets_;
  const auto found = uses.find(name);
  return found != uses.end() && found->second > 0;
}

}  // namespace selvedge::nft
