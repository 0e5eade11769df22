// Problems in objects, as news: a line when one appears, a line when it is gone,
// none while it stays.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/agent/log.h"
#include "k8sclient/types.h"

namespace selvedge::agent {

class ProblemLog {
 public:
  // What decoding said about an object, in place of what it said about its former version.
  void decoded(k8s::Kind kind, const k8s::ObjectKey& key, std::vector<k8s::Problem> problems);

  // Lines for the difference between the problems of now (`core`'s and those of decoding) and those of the
  // last call; at most `most` of them and one that counts the rest.
  std::vector<LogLine> news(const std::vector<k8s::Problem>& core);

  // The problems of one kind of objects, as text, as of the last call of news().
  std::vector<std::string> of(k8s::Kind kind) const;

  std::size_t closed_objects() const;  // of which something was made to fail closed, as of then

  static constexpr std::size_t most = 50;

 private:
  std::map<std::pair<k8s::Kind, k8s::ObjectKey>, std::vector<k8s::Problem>> decoded_;
  std::map<std::string, k8s::Problem> known_;  // by their text
};

}  // namespace selvedge::agent
