// The quick way to a pod. A cluster sends 5 kB for each, of which some 300 bytes
// matter, and sends all of them at each start of the daemon: a tree of them is
// most of the time of a cold start. Whatever is not plain and well is left to the
// thorough way (decode.h), which finds the same in what is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "k8sclient/types.h"

namespace selvedge::k8s {

struct PlainPod {
  Pod pod;              // understood, without problems
  std::string version;  // metadata.resourceVersion; may be empty
};
std::optional<PlainPod> decode_plain_pod(std::string_view json);

// An event of a watch that tells of a pod: ADDED, MODIFIED or DELETED.
struct PlainPodEvent {
  bool deleted = false;
  PlainPod object;
};
std::optional<PlainPodEvent> decode_plain_pod_event(std::string_view json);

}  // namespace selvedge::k8s
