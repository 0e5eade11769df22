// A deleted object needs no more than a name; any other that cannot be named is
// unreadable, never skipped.
#include "k8sclient/watch_event.h"

#include <utility>

#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_plain_pod.h"
#include "k8sclient/first_name.h"

namespace selvedge::k8s {

namespace {

constexpr std::size_t longest_version = 128;  // it goes into the next request's address

// What the object says under metadata.
Tree metadata_of(const Tree& object) {
  const auto metadata = object.find("metadata");
  return metadata != object.end() && metadata->is_object() ? *metadata : Tree::object();
}

bool marks_end_of_initial_events(const Tree& metadata) {
  const auto annotations = metadata.find("annotations");
  return annotations != metadata.end() && annotations->is_object() &&
         text_field(*annotations, "k8s.io/initial-events-end") == "true";
}

std::string bounded(std::string version) {
  return version.size() > longest_version ? "" : std::move(version);
}

WatchEvent pod_event(PlainPodEvent event) {
  auto& [pod, version] = event.object;
  if (event.deleted) return ObjectGone{.key = pod.meta.key(), .version = bounded(std::move(version))};
  return ObjectSeen{.decoded = {.object = std::move(pod), .problems = {}}, .version = bounded(std::move(version))};
}

WatchEvent object_event(Kind kind, const std::string& type, const Tree& object) {
  const Tree metadata = metadata_of(object);
  const std::string version = bounded(text_field(metadata, "resourceVersion"));
  if (type == "BOOKMARK") {
    return Bookmark{.version = version, .initial_events_end = marks_end_of_initial_events(metadata)};
  }
  if (type == "DELETED") {
    const auto key = key_of(object, kind, {});
    if (!key) return unreadable(kind, text_field(metadata, "name"), key.error().message);
    return ObjectGone{.key = *key, .version = version};
  }
  auto decoded = decode_item(kind, object);
  if (!decoded) return unreadable(kind, text_field(metadata, "name"), decoded.error().message);
  return ObjectSeen{.decoded = *std::move(decoded), .version = version};
}

}  // namespace

WatchEvent watch_event(Kind kind, const LineSplitter::Line& line) {
  if (line.cut) {
    return unreadable(kind, first_name(line.text), "is larger than " + std::to_string(largest_object >> 20) + " MiB");
  }
  if (kind == Kind::pod) {
    if (auto plain = decode_plain_pod_event(line.text)) return pod_event(*std::move(plain));
  }
  const auto tree = parse_json(line.text);
  if (!tree) {
    const std::string name = first_name(line.text);
    if (!name.empty()) return unreadable(kind, name, to_string(tree.error()));
    return NotAnEvent{.message = "line " + shown(std::string(line.text)) + " is not JSON", .json = false};
  }
  if (!tree->is_object()) return NotAnEvent{.message = shown(*tree) + " is not a watch event", .json = true};
  const std::string type = text_field(*tree, "type");
  const auto object = tree->find("object");
  if (object == tree->end() || !object->is_object()) {
    return NotAnEvent{.message = "a line is JSON, but not a watch event", .json = true};
  }
  if (type == "ERROR") return WatchFailed{.status = api_status(*object)};
  if (type == "ADDED" || type == "MODIFIED" || type == "DELETED" || type == "BOOKMARK") {
    return object_event(kind, type, *object);
  }
  return NotAnEvent{.message = "a watch event has type " + shown(type), .json = true};
}

}  // namespace selvedge::k8s
