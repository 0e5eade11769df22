#include "controller/agent/narrowings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace selvedge::agent {
namespace {

constexpr std::array directions{Direction::ingress, Direction::egress};

}  // namespace

void Narrowings::compare_addresses(const Core& core) {
  std::set<nft::Address> now = core.local_addresses();
  std::ranges::set_difference(pods_, now, std::inserter(doubt_.released, doubt_.released.end()));
  const auto is_of_a_pod = [&](const nft::Address& address) { return now.contains(address); };
  std::erase_if(doubt_.released, is_of_a_pod);
  std::erase_if(sought_.released, is_of_a_pod);
  if (again_) std::erase_if(again_->about.released, is_of_a_pod);
  pods_ = std::move(now);
}

void Narrowings::wrote(const nft::Changes& changes, const nft::Programmed& programmed, const Core& core) {
  if (cutting_ == nullptr) return;
  compare_addresses(core);
  doubt_.narrowed.add(nft::narrowed_by(changes, programmed.outline()));
}

void Narrowings::adopted(const nft::Programmed& programmed, Time now) {
  if (cutting_ == nullptr) return;
  const Suspects found = suspects_in(programmed.packed());
  for (const Direction direction : directions) {
    for (const nft::Address& address : found.in(direction))
      suspected_until_.try_emplace({direction, address}, now + suspicion);
  }
  wanted_.add(found);
}

// What was there before is judged even if nothing was altered: whoever wrote it may not have lived to cut.
void Narrowings::wrote_everything(const Core& core) {
  if (cutting_ == nullptr) return;
  in_force_ = wanted_;
  compare_addresses(core);
  doubt_.narrowed.anyone = true;
}

void Narrowings::hear(Time now) {
  const auto outcome = cutting_->take_outcome();
  if (!outcome) return;
  for (const Direction direction : directions) {
    for (const nft::Address& address : outcome->ends.in(direction))
      suspected_until_.insert_or_assign({direction, address}, now + suspicion);
  }
  const Stage done = std::exchange(stage_, outcome->found > 0 ? Stage::found : Stage::idle);
  if (stage_ == Stage::found) {
    all_ = outcome->all;
    return;
  }
  Doubt sought = std::exchange(sought_, {});
  if (outcome->failed) {
    if (again_) sought.add(std::move(again_->about));
    again_ = {.about = std::move(sought), .at = now + after_a_failure};
  } else if (done == Stage::removing && !all_) {
    doubt_.add(std::move(sought));
  } else if (outcome->revived && !again_) {
    again_ = {.about = std::move(sought), .at = now + second_look};
  }
}

// Those whose time has come are none any longer, nor are those that are isolated no longer.
void Narrowings::update_suspects(const nft::Programmed& programmed, Time now) {
  Suspects all;
  std::erase_if(suspected_until_, [&](const auto& one) { return one.second <= now; });
  for (const auto& [end, until] : suspected_until_) all.in(end.first).insert(end.second);
  wanted_ = isolated_among(all, programmed.outline());
}

nft::Changes Narrowings::changes_for_suspects(const nft::Programmed& programmed, Time now) {
  if (cutting_ == nullptr) return {};
  hear(now);
  update_suspects(programmed, now);
  return suspect_changes(programmed.outline(), in_force_, wanted_);
}

CuttingOrder Narrowings::order(const nft::Programmed& programmed, const Core& core) const {
  return {.about = sought_,
          .neighbourhood = {.bridge = bridge_, .pods = pods_, .pod_ranges = core.on_bridge()},
          .rules = programmed.packed()};
}

Narrowings::Time Narrowings::due_at() const {
  if (stage_ != Stage::idle) return Time::max();
  if (!doubt_.empty()) return Time::min();
  return again_ ? again_->at : Time::max();
}

void Narrowings::settle(const nft::Programmed& programmed, const Core& core, Time now) {
  if (cutting_ == nullptr) return;
  if (stage_ == Stage::found && wanted_ == in_force_) {
    stage_ = Stage::removing;
    return cutting_->remove(order(programmed, core));
  }
  if (due_at() > now || cutting_->ready_at() > now) return;
  const bool first = !doubt_.empty();
  sought_ = std::exchange(doubt_, {});
  if (again_) sought_.add(std::move(again_->about));
  again_ = first ? std::optional(Again{.about = sought_, .at = now + second_look}) : std::nullopt;
  stage_ = Stage::finding;
  cutting_->find(order(programmed, core));
}

std::optional<Narrowings::Time> Narrowings::wake(Time now) const {
  std::optional<Time> earliest;
  for (const auto& [end, until] : suspected_until_) earliest = std::min(earliest.value_or(until), until);
  if (const Time due = due_at(); due != Time::max()) {
    const Time at = std::max({due, cutting_->ready_at(), now});
    earliest = std::min(earliest.value_or(at), at);
  }
  return earliest;
}

}  // namespace selvedge::agent
