// Which parties are one line of the report: pods of one workload whose labels differ, but which no policy in force
// tells apart, such as the pods of a StatefulSet.
#pragma once

#include <vector>

#include "controller/reach/reach.h"
#include "controller/report/report.h"

namespace selvedge::report {

struct Lines {
  std::vector<Subject> subjects;   // their isolation without rows and policies
  std::vector<std::size_t> first;  // of each subject: the party that stands for it
  std::vector<Index> of_party;     // of each party: its subject
};

// `sets`: the members of each element of a policy, as parties.
Lines lines_of(const reach::Reach& reach, const std::vector<std::vector<Index>>& sets);

}  // namespace selvedge::report
