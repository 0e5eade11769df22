#include "controller/agent/drift.h"

namespace selvedge::agent {
namespace {

constexpr int share = 50;  // one part of the time in so many
constexpr std::chrono::seconds round{300};

}  // namespace

std::optional<Glimpse> glimpse_of(nft::NetlinkBackend& backend, const std::string& table) {
  const auto glance = backend.glance(table);
  if (!glance) return std::nullopt;
  return Glimpse{.shape = glance->exists ? std::to_string(glance->handle) + '/' + std::to_string(glance->use) : "",
                 .others = glance->generation - glance->own,
                 .shielded = glance->held};
}

std::optional<Drift::Depth> Drift::due(const Glimpse& glimpse, Time now) {
  const bool moved = !glimpse.shielded && glimpse.others != others_;
  others_ = glimpse.others;
  content_due_ = content_due_ || moved;
  if ((content_due_ && now >= content_at_) || now >= round_at_) return Depth::content;
  return moved ? std::optional(Depth::counts) : std::nullopt;
}

void Drift::compared(Depth depth, Time begun, Time ended) {
  if (depth == Depth::counts) return;
  content_due_ = false;
  content_at_ = ended + share * (ended - begun);
  round_at_ = next_round(ended);
}

void Drift::written(const Glimpse& glimpse, Time now) {
  others_ = glimpse.others;
  content_due_ = false;
  round_at_ = next_round(now);
}

// Up to a quarter sooner, so that the nodes of a cluster do not do it at once.
Time Drift::next_round(Time now) {
  return now + round - std::chrono::seconds(random_() % (round.count() / 4));
}

}  // namespace selvedge::agent
