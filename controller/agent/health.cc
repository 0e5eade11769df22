#include "controller/agent/health.h"

#include "controller/text/printable.h"

namespace selvedge::agent {

void Health::beat(Time now, Readiness readiness) {
  const std::lock_guard lock(mutex_);
  beat_ = now;
  readiness_ = std::move(readiness);
}

std::string Health::stuck(Time now) const {
  const auto pause = std::chrono::duration_cast<std::chrono::seconds>(now - beat_);
  if (pause <= longest_pause) return "";
  return "the reconcile loop has not moved for " + std::to_string(pause.count()) + " s\n";
}

HttpAnswer Health::alive(Time now) const {
  const std::lock_guard lock(mutex_);
  const std::string reason = stuck(now);
  return reason.empty() ? HttpAnswer{200, "alive\n"} : HttpAnswer{503, reason};
}

HttpAnswer Health::ready(Time now) const {
  const std::lock_guard lock(mutex_);
  if (std::string reason = stuck(now); !reason.empty()) return {503, std::move(reason)};
  HttpAnswer answer{readiness_.ready() ? 200 : 503, readiness_.ready() ? "ready\n" : ""};
  for (const auto& reason : readiness_.reasons) answer.body += printable(reason) + '\n';
  for (const auto& warning : readiness_.warnings) answer.body += "warning: " + printable(warning) + '\n';
  return answer;
}

}  // namespace selvedge::agent
