// Everything that lint has to say of a set of objects, by rule and severity.
#pragma once

#include <string>
#include <vector>

#include "controller/lint/rules.h"
#include "controller/lint/scene.h"
#include "k8sclient/types.h"

namespace selvedge::lint {

struct Told {
  const Rule* rule = nullptr;  // never null
  k8s::Kind kind{};
  k8s::ObjectKey object;
  std::string field;  // may be empty
  std::string message;
  std::size_t count = 1;  // of this object's findings that say the same; the field is the first one's
};

struct Matter {
  std::vector<const k8s::Object*> objects;
  std::vector<k8s::Problem> problems;  // of decoding them
  Unknown unknown;
};

struct Review {
  std::vector<Told> findings;    // sorted by object, then by severity, the worst first
  std::vector<Told> suppressed;  // by annotations; in the same order
  std::size_t policies = 0;      // looked at
  std::size_t pods = 0;
};

// Pure. Of several objects of one kind and key the last counts.
Review review(const Matter& matter);

}  // namespace selvedge::lint
