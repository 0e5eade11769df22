// One line of a watch (meta/v1 WatchEvent).
#pragma once

#include <string>
#include <variant>

#include "k8sclient/api_status.h"
#include "k8sclient/events.h"
#include "k8sclient/line_splitter.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

struct ObjectSeen {
  Decoded decoded;
  std::string version;
};
struct ObjectGone {
  ObjectKey key;
  std::string version;
};
struct Bookmark {
  std::string version;
  bool initial_events_end = false;
};
struct WatchFailed {  // an ERROR event
  ApiStatus status;
};
struct NotAnEvent {
  std::string message;
  bool json = false;  // it was JSON of something else
};
using WatchEvent = std::variant<ObjectSeen, ObjectGone, Bookmark, WatchFailed, Unreadable, NotAnEvent>;

WatchEvent watch_event(Kind kind, const LineSplitter::Line& line);

}  // namespace selvedge::k8s
