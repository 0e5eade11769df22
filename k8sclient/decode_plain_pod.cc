// Every field has the one type that the API documents; a null, too, is for the thorough way.
#include "k8sclient/decode_plain_pod.h"

#include <utility>
#include <vector>

#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_plain.h"

namespace selvedge::k8s {

namespace {

class PodReader {
 public:
  explicit PodReader(std::string_view json) : json_(json) {}

  std::optional<PlainPod> pod() { return object() && json_.ends() ? finished() : std::nullopt; }
  std::optional<PlainPodEvent> event();

 private:
  bool text(std::string& value) {
    std::string_view found;
    if (!json_.text(found)) return false;
    value = found;
    return true;
  }

  bool time(std::string& value) { return text(value) && (value.empty() || is_time(value)); }

  bool object();
  bool metadata();
  bool labels();
  bool annotations();
  bool owners();
  bool spec();
  bool containers(bool all);
  bool ports(std::vector<ContainerPort>& all);
  bool port(ContainerPort& one);
  bool status();
  bool addresses();
  std::optional<PlainPod> finished();

  PlainJson json_;
  PlainPod found_;
  std::string_view kind_ = "Pod";
  std::vector<ContainerPort> sidecar_ports_;  // they come last, wherever they stand
  std::string address_;                       // status.podIP
  std::string static_uid_;                    // of which it is the mirror
};

bool PodReader::object() {
  return json_.object([&](std::string_view key) {
    if (key == "kind") return json_.text(kind_);
    if (key == "metadata") return metadata();
    if (key == "spec") return spec();
    if (key == "status") return status();
    return json_.step_over_member(key);
  });
}

bool PodReader::metadata() {
  Meta& meta = found_.pod.meta;
  return json_.object([&](std::string_view key) {
    if (key == "name") return text(meta.name);
    if (key == "namespace") return text(meta.ns);
    if (key == "uid") return text(meta.uid);
    if (key == "resourceVersion") return text(found_.version);
    if (key == "creationTimestamp") return time(meta.created);
    if (key == "labels") return labels();
    if (key == "annotations") return annotations();
    if (key == "ownerReferences") return owners();
    return json_.step_over_member(key, true);
  });
}

bool PodReader::labels() {
  return json_.object([&](std::string_view key) {
    std::string_view value;
    return json_.text(value) && found_.pod.meta.labels.emplace(key, value).second;
  });
}

bool PodReader::annotations() {
  return json_.object(
      [&](std::string_view key) { return key == mirror_annotation ? text(static_uid_) : json_.step_over_member(key); });
}

bool PodReader::owners() {
  return json_.list([&] {
    std::string_view kind, name;
    bool controls = false;
    const bool well = json_.object([&](std::string_view key) {
      if (key == "kind") return json_.text(kind);
      if (key == "name") return json_.text(name);
      if (key == "controller") return json_.boolean(controls);
      return json_.step_over_member(key);
    });
    if (controls) found_.pod.maker = maker_of(kind, name);
    return well;
  });
}

bool PodReader::spec() {
  return json_.object([&](std::string_view key) {
    if (key == "nodeName") return text(found_.pod.node);
    if (key == "hostNetwork") return json_.boolean(found_.pod.host_network);
    if (key == "containers") return containers(true);
    if (key == "initContainers") return containers(false);
    return json_.step_over_member(key);
  });
}

// Of the init containers only those count that run as long as the pod does (semantics 34).
bool PodReader::containers(bool all) {
  return json_.list([&] {
    std::vector<ContainerPort> found;
    std::string_view restart;
    const bool well = json_.object([&](std::string_view key) {
      if (key == "ports") return ports(found);
      if (key == "restartPolicy" && !all) return json_.text(restart);
      return json_.step_over_member(key);
    });
    auto& place = all ? found_.pod.ports : sidecar_ports_;
    if (all || restart == "Always") place.insert(place.end(), found.begin(), found.end());
    return well;
  });
}

bool PodReader::ports(std::vector<ContainerPort>& all) {
  return json_.list([&] { return port(all.emplace_back()); });
}

bool PodReader::port(ContainerPort& one) {
  std::int64_t number = 0;
  std::string_view protocol = "TCP";
  const bool well = json_.object([&](std::string_view key) {
    if (key == "name") return text(one.name);
    if (key == "protocol") return json_.text(protocol);
    if (key == "containerPort") return json_.number(number);
    return json_.step_over_member(key);
  });
  const auto known = protocol_of(protocol);
  if (!well || !known || number < 1 || number > 65535) return false;
  one.protocol = *known;
  one.number = static_cast<std::uint16_t>(number);
  return true;
}

bool PodReader::status() {
  return json_.object([&](std::string_view key) {
    if (key == "phase") {
      std::string_view name;
      if (!json_.text(name)) return false;
      const auto phase = phase_of(name);
      if (phase) found_.pod.phase = *phase;
      return phase.has_value();
    }
    if (key == "podIP") return text(address_);
    if (key == "podIPs") return addresses();
    if (key == "startTime") return time(found_.pod.started);
    return json_.step_over_member(key);
  });
}

bool PodReader::addresses() {
  return json_.list([&] {
    std::string address;
    const bool well =
        json_.object([&](std::string_view key) { return key == "ip" ? text(address) : json_.step_over_member(key); });
    if (!address.empty()) found_.pod.addresses.push_back(std::move(address));
    return well;
  });
}

std::optional<PlainPod> PodReader::finished() {
  Pod& pod = found_.pod;
  if (kind_ != "Pod" || !is_name(pod.meta.name) || !is_name(pod.meta.ns)) return std::nullopt;
  pod.ports.insert(pod.ports.end(), sidecar_ports_.begin(), sidecar_ports_.end());
  if (pod.addresses.empty() && !address_.empty()) pod.addresses.push_back(std::move(address_));
  if (!static_uid_.empty()) pod.meta.uid = std::move(static_uid_);
  return std::move(found_);
}

std::optional<PlainPodEvent> PodReader::event() {
  std::string_view type;
  bool seen = false;
  const bool well = json_.object([&](std::string_view key) {
    if (key == "type") return json_.text(type);
    if (key == "object") return seen = object();
    return json_.step_over_member(key);
  });
  const bool deleted = type == "DELETED";
  if (!well || !seen || !json_.ends() || (!deleted && type != "ADDED" && type != "MODIFIED")) return std::nullopt;
  auto pod = finished();
  if (!pod) return std::nullopt;
  return PlainPodEvent{.deleted = deleted, .object = *std::move(pod)};
}

}  // namespace

std::optional<PlainPod> decode_plain_pod(std::string_view json) {
  return PodReader(json).pod();
}

std::optional<PlainPodEvent> decode_plain_pod_event(std::string_view json) {
  return PodReader(json).event();
}

}  // namespace selvedge::k8s
