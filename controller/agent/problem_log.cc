#include "controller/agent/problem_log.h"

#include <set>

namespace selvedge::agent {
namespace {

LogLine line(LogLevel level, std::string message, const k8s::Problem& problem) {
  return {level,
          std::move(message),
          {{"kind", std::string(k8s::to_string(problem.kind))},
           {"object", k8s::to_string(problem.object)},
           {"field", problem.field},
           {"detail", problem.message},
           {"closed", problem.closed ? "true" : "false"}}};
}

}  // namespace

void ProblemLog::decoded(k8s::Kind kind, const k8s::ObjectKey& key, std::vector<k8s::Problem> problems) {
  if (problems.empty())
    decoded_.erase({kind, key});
  else
    decoded_.insert_or_assign({kind, key}, std::move(problems));
}

std::vector<LogLine> ProblemLog::news(const std::vector<k8s::Problem>& core) {
  std::map<std::string, k8s::Problem> now;
  for (const auto& problem : core) now.emplace(k8s::to_string(problem), problem);
  for (const auto& [object, problems] : decoded_)
    for (const auto& problem : problems) now.emplace(k8s::to_string(problem), problem);

  std::vector<LogLine> lines;
  for (const auto& [text, problem] : now)
    if (known_.count(text) == 0) lines.push_back(line(LogLevel::warning, "problem in an object", problem));
  for (const auto& [text, problem] : known_)
    if (now.count(text) == 0) lines.push_back(line(LogLevel::info, "problem in an object is gone", problem));
  known_ = std::move(now);
  if (lines.size() > most) {
    const std::string rest = std::to_string(lines.size() - most);
    lines.resize(most);
    lines.push_back({LogLevel::warning, "more problems appeared or went", {{"count", rest}}});
  }
  return lines;
}

std::vector<std::string> ProblemLog::of(k8s::Kind kind) const {
  std::vector<std::string> texts;
  for (const auto& [text, problem] : known_)
    if (problem.kind == kind) texts.push_back(text);
  return texts;
}

std::size_t ProblemLog::closed_objects() const {
  std::set<std::pair<k8s::Kind, k8s::ObjectKey>> closed;
  for (const auto& [text, problem] : known_)
    if (problem.closed) closed.emplace(problem.kind, problem.object);
  return closed.size();
}

}  // namespace selvedge::agent
