#include "controller/agent/narrowings.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace selvedge::agent {
namespace {

constexpr std::chrono::milliseconds patience{20};  // while the cutter is at work

}  // namespace

void Narrowings::compare_addresses(const Core& core) {
  std::set<nft::Address> now = core.local_addresses();
  std::ranges::set_difference(pods_, now, std::inserter(released_, released_.end()));
  for (const nft::Address& address : now) released_.erase(address);
  pods_ = std::move(now);
}

// Whoever is isolated now and in doubt; and those of before, unless they are no longer.
void Narrowings::suspect(const nft::Programmed& programmed, Time now) {
  const nft::Table& table = programmed.outline();
  for (const auto& address : narrowed_.anyone ? isolated_addresses(table) : narrowed_.addresses)
    suspected_until_[address] = now + suspicion;
  std::set<nft::Address> all;
  for (const auto& [address, until] : suspected_until_) all.insert(address);
  wanted_ = isolated_among(all, table);
}

void Narrowings::wrote(const nft::Changes& changes, const nft::Programmed& programmed, const Core& core, Time now) {
  if (cutting_ == nullptr) return;
  compare_addresses(core);
  nft::Narrowing narrowing = nft::narrowed_by(changes, programmed.outline());
  if (narrowing.empty()) return;
  narrowed_.add(std::move(narrowing));
  suspect(programmed, now);
}

void Narrowings::adopted(const nft::Programmed& programmed, Time now) {
  if (cutting_ == nullptr) return;
  const Suspects found = suspects_in(programmed.packed());
  for (const auto& addresses : found.of) {
    for (const nft::Address& address : addresses) suspected_until_.try_emplace(address, now + suspicion);
  }
  for (std::size_t i = 0; i < found.of.size(); ++i)
    wanted_.of.at(i).insert(found.of.at(i).begin(), found.of.at(i).end());
}

// What was there before is judged even if nothing was altered: whoever wrote it may not have lived to cut.
void Narrowings::wrote_everything(const nft::Programmed& programmed, const Core& core, Time now, bool altered) {
  if (cutting_ == nullptr) return;
  in_force_ = wanted_;
  compare_addresses(core);
  narrowed_.anyone = true;
  if (altered) suspect(programmed, now);
}

nft::Changes Narrowings::changes_for_suspects(const nft::Programmed& programmed, Time now) {
  for (auto one = suspected_until_.begin(); one != suspected_until_.end();) {
    if (one->second > now) {
      ++one;
      continue;
    }
    for (auto& addresses : wanted_.of) addresses.erase(one->first);
    one = suspected_until_.erase(one);
  }
  return suspect_changes(programmed.outline(), in_force_, wanted_);
}

void Narrowings::settle(const nft::Programmed& programmed, const Core& core, Time now) {
  if (!is_due() || wanted_ != in_force_ || cutting_->ready_at() > now) return;
  cutting_->carry_out({.narrowed = std::exchange(narrowed_, {}),
                       .released = std::exchange(released_, {}),
                       .neighbourhood = {.bridge = bridge_, .pods = pods_, .pod_ranges = core.on_bridge()},
                       .rules = programmed.packed()});
}

std::optional<Narrowings::Time> Narrowings::wake(Time now) const {
  std::optional<Time> earliest;
  for (const auto& [address, until] : suspected_until_) earliest = std::min(earliest.value_or(until), until);
  if (is_due()) earliest = std::min(std::max(cutting_->ready_at(), now), now + patience);
  return earliest;
}

}  // namespace selvedge::agent
