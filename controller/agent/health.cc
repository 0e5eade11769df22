#include "controller/agent/health.h"

#include "controller/agent/printable.h"

namespace selvedge::agent {

void Health::beat(Time now, Readiness readiness) {
  const std::lock_guard lock(mutex_);
  beat_ = now;
  readiness_ = std::move(readiness);
}

HttpAnswer Health::alive(Time now) const {
  const std::lock_guard lock(mutex_);
  const auto pause = std::chrono::duration_cast<std::chrono::seconds>(now - beat_);
  if (pause <= longest_pause) return {200, "alive\n"};
  return {503, "the reconcile loop has not moved for " + std::to_string(pause.count()) + " s\n"};
}

HttpAnswer Health::ready() const {
  const std::lock_guard lock(mutex_);
  HttpAnswer answer{readiness_.ready() ? 200 : 503, readiness_.ready() ? "ready\n" : ""};
  for (const auto& reason : readiness_.reasons) answer.body += printable(reason) + '\n';
  for (const auto& warning : readiness_.warnings) answer.body += "warning: " + printable(warning) + '\n';
  return answer;
}

}  // namespace selvedge::agent
