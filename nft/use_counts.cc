// A name that does not exist is counted like any other: the question is put by name.
#include "nft/use_counts.h"

#include <cassert>

namespace selvedge::nft {
namespace {

void increase(ByName<std::uint32_t>& counts, std::string_view name) {
  if (const auto found = counts.find(name); found != counts.end()) {
    ++found->second;
  } else {
    counts.emplace(name, 1U);
  }
}

void decrease(ByName<std::uint32_t>& counts, std::string_view name) {
  const auto found = counts.find(name);
  assert(found != counts.end());
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

UseCounts::UseCounts(const Table& table) {
  for (const auto& [name, chain] : table.chains) {
    for (const Rule& rule : chain.rules) add(references_of(rule));
  }
  for (const auto& [name, map] : table.maps) {
    for (const auto& [key, verdict] : map.elements) add(verdict);
  }
}

UseCounts::Counts& UseCounts::of(Reference::To to) {
  if (to == Reference::To::chain) return chains_;
  return to == Reference::To::counter ? counters_ : sets_;
}

void UseCounts::add(std::span<const Reference> references) {
  for (const Reference& reference : references) increase(of(reference.to), reference.name);
}

void UseCounts::remove(std::span<const Reference> references) {
  for (const Reference& reference : references) decrease(of(reference.to), reference.name);
}

void UseCounts::add(const Verdict& verdict) {
  if (const auto target = target_of(verdict)) increase(chains_, *target);
}

void UseCounts::remove(const Verdict& verdict) {
  if (const auto target = target_of(verdict)) decrease(chains_, *target);
}

bool UseCounts::in_use(Reference::To to, std::string_view name) const {
  const Counts& counts = to == Reference::To::chain ? chains_ : to == Reference::To::counter ? counters_ : sets_;
  return counts.contains(name);
}

std::uint32_t UseCounts::of_chain(std::string_view name) const {
  const auto found = chains_.find(name);
  return found == chains_.end() ? 0 : found->second;
}

}  // namespace selvedge::nft
