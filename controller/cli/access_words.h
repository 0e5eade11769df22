// What `explain` says of one end alone: who may come in, and where it may go.
#pragma once

#include <string>
#include <vector>

#include "controller/reach/access.h"

namespace selvedge::cli {

struct AccessReport {
  std::string about;                           // "Deployment production/api (3 pods)"
  std::vector<reach::Access> ingress, egress;  // in the same order
};

std::string access_text(const AccessReport& report);
std::string access_json(const AccessReport& report);

}  // namespace selvedge::cli
