#include "controller/agent/refusals.h"

#include <algorithm>

namespace selvedge::agent {
namespace {

constexpr std::chrono::seconds first_wait{120};
constexpr std::chrono::seconds longest_wait{3600};
constexpr std::chrono::seconds between_suspects{1};

}  // namespace

void Refusals::refused(const k8s::ObjectKey& policy, Time now) {
  Sentence& sentence = sentences_[policy];
  sentence.wait = std::clamp(2 * sentence.wait, first_wait, longest_wait);
  sentence.until = now + sentence.wait;
  sentence.on_trial = false;
}

void Refusals::suspected(const std::vector<k8s::ObjectKey>& policies, Time now) {
  Time until = now;
  for (const auto& policy : policies) sentences_[policy] = {.wait = {}, .until = until += between_suspects};
}

// One at a time, so that the next failure has one to blame.
std::vector<k8s::ObjectKey> Refusals::due(Time now) {
  for (auto& [policy, sentence] : sentences_) {
    if (sentence.on_trial || sentence.until > now) continue;
    sentence.on_trial = true;
    return {policy};
  }
  return {};
}

void Refusals::passed() {
  std::erase_if(sentences_, [](const auto& entry) { return entry.second.on_trial; });
}

bool Refusals::forget(const k8s::ObjectKey& policy) {
  return sentences_.erase(policy) > 0;
}

bool Refusals::holds(const k8s::ObjectKey& policy) const {
  const auto sentence = sentences_.find(policy);
  return sentence != sentences_.end() && !sentence->second.on_trial;
}

std::vector<k8s::ObjectKey> Refusals::on_trial() const {
  std::vector<k8s::ObjectKey> policies;
  for (const auto& [policy, sentence] : sentences_) {
    if (sentence.on_trial) policies.push_back(policy);
  }
  return policies;
}

std::optional<Time> Refusals::wake() const {
  std::optional<Time> earliest;
  for (const auto& [policy, sentence] : sentences_) {
    if (!sentence.on_trial) earliest = earliest ? std::min(*earliest, sentence.until) : sentence.until;
  }
  return earliest;
}

}  // namespace selvedge::agent
