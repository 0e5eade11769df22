// Names for what the kernel's log tells of denied packets, from the objects of now. The plain reading says which
// policies isolate the pod, and which rule comes nearest to allowing it.
//
// Log and objects are of different moments: a packet was denied by the rules of then. Where the policies of now would
// allow it, that is said.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/meaning/evaluate.h"
#include "controller/monitor/denied.h"
#include "controller/monitor/directory.h"

namespace selvedge::monitor {

// Not thread-safe. Remembers what it said of packets alike, of a bounded number.
class Witness {
 public:
  Witness(meaning::Viewpoint viewpoint, std::vector<k8s::Object> objects);

  Denied tell(const Sighting& sighting);

 private:
  Denied look_up(const Sighting& sighting) const;
  void ask_policies(Denied& denied) const;
  std::string nearest(const Denied& denied) const;

  std::vector<k8s::Object> objects_;
  Directory directory_;
  meaning::Meaning meaning_;
  std::map<std::string, Denied> told_;  // by what tells packets apart
};

}  // namespace selvedge::monitor
