// All that may come in to some pods, and all that may go out.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controller/reach/difference.h"
#include "controller/reach/reach.h"

namespace selvedge::reach {

struct Way {
  std::string ports;  // "tcp/5432", "all ports (IPv4)"
  std::vector<std::string> others;
};

struct Access {
  std::string name;  // "shop/Deployment/web"
  std::size_t pods = 0;
  bool isolated = false;
  std::vector<k8s::ObjectKey> isolating;  // by key
  bool audited = false;                   // they deny nothing: what they would is told
  std::vector<Way> ways;                  // with the most others first; none: nobody
};

// Of each party that has one of these pods, in this direction.
std::vector<Access> access_of(const Reach& reach, const std::set<k8s::ObjectKey>& pods, Direction direction);

}  // namespace selvedge::reach
