#include "controller/agent/watch_states.h"

#include <algorithm>

namespace selvedge::agent {
namespace {

std::string name_of(k8s::Kind kind) {
  return std::string(k8s::to_string(kind));
}

LogLine line(LogLevel level, std::string message, k8s::Kind kind, const std::string& detail = "") {
  LogLine line{level, std::move(message), {{"kind", name_of(kind)}}};
  if (!detail.empty()) line.fields.emplace_back("detail", detail);
  return line;
}

}  // namespace

WatchStates::WatchStates()
    : states_{{k8s::Kind::pod, {}}, {k8s::Kind::ns, {}}, {k8s::Kind::node, {}}, {k8s::Kind::network_policy, {}}} {}

std::optional<LogLine> WatchStates::take(const k8s::Synced& event) {
  State& state = states_[event.kind];
  const bool first = !std::exchange(state.synced, true);
  const bool mended = !std::exchange(state.unreadable, "").empty();
  if (mended) return line(LogLevel::info, "all objects can be read again", event.kind);
  if (!first) return line(LogLevel::debug, "listed again", event.kind);
  LogLine synced = line(LogLevel::info, "synced", event.kind);
  synced.fields.emplace_back("objects", std::to_string(event.objects));
  return synced;
}

std::optional<LogLine> WatchStates::take(const k8s::Unreadable& event) {
  State& state = states_[event.kind];
  if (state.unreadable == event.message) return std::nullopt;
  state.unreadable = event.message.empty() ? "no reason given" : event.message;
  return line(LogLevel::error, "an object cannot be read; the rules stay as they are", event.kind, event.message);
}

std::optional<LogLine> WatchStates::take(const k8s::Trouble& event, Time now) {
  State& state = states_[event.kind];
  if (state.trouble == event.message) return std::nullopt;
  if (state.trouble.empty()) state.since = now;
  state.trouble = event.message;
  if (event.message.empty()) return line(LogLevel::info, "the watch is well again", event.kind);
  return line(LogLevel::warning, "the watch is in trouble; the rules stay as they are", event.kind, event.message);
}

bool WatchStates::synced() const {
  return std::all_of(states_.begin(), states_.end(), [](const auto& entry) { return entry.second.synced; });
}

bool WatchStates::synced(k8s::Kind kind) const {
  const auto state = states_.find(kind);
  return state != states_.end() && state->second.synced;
}

bool WatchStates::readable() const {
  return std::all_of(states_.begin(), states_.end(), [](const auto& entry) { return entry.second.unreadable.empty(); });
}

bool WatchStates::untroubled() const {
  return std::all_of(states_.begin(), states_.end(), [](const auto& entry) { return entry.second.trouble.empty(); });
}

void WatchStates::add_to(Readiness& readiness, Time now) const {
  for (const auto& [kind, state] : states_) {
    const std::string name = name_of(kind);
    if (!state.synced)
      readiness.reasons.push_back("waiting for the first list of " + name + " objects" +
                                  (state.trouble.empty() ? "" : ": " + state.trouble));
    if (!state.unreadable.empty())
      readiness.reasons.push_back("a " + name +
                                  " object cannot be read, and no rule is changed until it can: " + state.unreadable);
    if (!state.synced || state.trouble.empty()) continue;
    const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(now - state.since);
    const std::string what = "the watch of " + name + " objects is in trouble for " + std::to_string(lasted.count()) +
                             " s, and the rules may be out of date: " + state.trouble;
    (lasted >= trouble_grace ? readiness.reasons : readiness.warnings).push_back(what);
  }
}

void WatchStates::set(Metrics& metrics, Time now) const {
  for (const auto& [kind, state] : states_) {
    const auto up = metrics.watch_up.find(kind), lag = metrics.watch_lag.find(kind);
    if (up == metrics.watch_up.end() || lag == metrics.watch_lag.end()) continue;
    const bool well = state.synced && state.trouble.empty() && state.unreadable.empty();
    up->second->Set(well ? 1 : 0);
    lag->second->Set(state.trouble.empty() ? 0 : std::chrono::duration<double>(now - state.since).count());
  }
}

}  // namespace selvedge::agent
