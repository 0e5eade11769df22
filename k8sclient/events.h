// What a reflector tells its listener.
#pragma once

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

// Called from the reflector's thread; must not block for long.
using Listener = std::function<void(Event)>;

}  // namespace selvedge::k8s
