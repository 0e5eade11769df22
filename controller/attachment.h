// What the CNI plugin asserts: this pod's sandbox has just been given these addresses, and starts now.
#pragma once

#include <string>
#include <vector>

#include "k8sclient/types.h"
#include "nft/ip.h"

namespace selvedge {

enum class Standing {
  pending,    // not every policy that there was then is known yet: it isolates, but opens no guard
  told,       // since the daemon's start
  inherited,  // before that: its end may have been missed
};

enum class Ending {
  concluded,  // by the daemon
  told,       // by the container runtime
};

struct Attachment {
  std::string id;  // of the sandbox's interface; whatever tells it from all others
  k8s::ObjectKey pod;
  std::string uid;  // the pod's: another of the same name has no part in it
  std::vector<nft::Address> addresses;
  Standing standing = Standing::told;

  bool operator==(const Attachment&) const = default;
};

}  // namespace selvedge
