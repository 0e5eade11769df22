// What a reflector tells its listener.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "k8sclient/types.h"

namespace selvedge::k8s {

struct Upserted {
  Object object;
  std::vector<Problem> problems;
};
struct Deleted {
  Kind kind{};
  ObjectKey key;
};
// The list is complete: all that it did not hold has been reported as Deleted before.
struct Synced {
  Kind kind{};
  std::size_t objects = 0;  // that there are now
};
// An object that cannot be named came by. The rules in force must stay, and readiness say so,
// until the next Synced of that kind.
struct Unreadable {
  Kind kind{};
  std::string message;
};
// The connection is in trouble; the reflector goes on trying. An empty message: it is well again.
struct Trouble {
  Kind kind{};
  std::string message;  // what, where, and what to do about it: "403 Forbidden: … cannot list pods …"
};
using Event = std::variant<Upserted, Deleted, Synced, Unreadable, Trouble>;

// Called from the reflector's thread. While it blocks nothing more is read, so that a slow listener bounds what is in
// memory; a server gives a watch up that is not read for a while, and then it begins again where it was.
using Listener = std::function<void(Event)>;

}  // namespace selvedge::k8s
