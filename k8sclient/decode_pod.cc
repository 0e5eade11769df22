// Pods and what would make them. Unknown fields are fine here: no field that we
// do not know takes away a pod's address, labels or ports.
#include <array>
#include <utility>

#include "k8sclient/decode_objects.h"

namespace selvedge::k8s {

namespace {

struct PhaseName {
  std::string_view name;
  Pod::Phase phase;
};
constexpr std::array<PhaseName, 5> phases{{
    {"Pending", Pod::Phase::pending},
    {"Running", Pod::Phase::running},
    {"Succeeded", Pod::Phase::succeeded},
    {"Failed", Pod::Phase::failed},
    {"Unknown", Pod::Phase::unknown},
}};

Pod::Phase decode_phase(const Cursor& status) {
  const auto at = status.child("phase");
  if (!at) return Pod::Phase::pending;
  const std::string text = at->text();
  if (text.empty()) return Pod::Phase::pending;
  if (const auto phase = phase_of(text)) return *phase;
  at->malformed(shown(text) + " is not a phase");
  return Pod::Phase::unknown;
}

std::vector<std::string> decode_addresses(const Cursor& status) {
  std::vector<std::string> addresses;
  if (const auto all = status.child("podIPs")) {
    for (const Cursor& element : all->elements()) {
      element.expect_object();
      const auto ip = element.child("ip");
      std::string text = ip ? ip->text() : "";
      if (!text.empty()) addresses.push_back(std::move(text));
    }
  }
  if (!addresses.empty()) return addresses;
  const auto one = status.child("podIP");
  std::string text = one ? one->text() : "";
  if (!text.empty()) addresses.push_back(std::move(text));
  return addresses;
}

std::optional<ContainerPort> decode_container_port(const Cursor& at) {
  if (!at.expect_object()) return std::nullopt;
  ContainerPort port;
  if (const auto name = at.child("name")) port.name = name->text();
  const auto protocol = decode_protocol(at);
  const auto number_at = at.child("containerPort");
  const auto number = number_at ? number_at->integer() : std::nullopt;
  if (!number_at) at.malformed("has no containerPort");
  if (!protocol || !number) return std::nullopt;
  if (*number < 1 || *number > 65535) {
    number_at->malformed(std::to_string(*number) + " is not a port");
    return std::nullopt;
  }
  port.protocol = *protocol;
  port.number = static_cast<std::uint16_t>(*number);
  return port;
}

// Of the containers that `counts` admits, in their order.
template <typename Counts>
std::vector<ContainerPort> decode_ports(const Cursor& spec, std::string_view field, const Counts& counts) {
  std::vector<ContainerPort> ports;
  const auto containers = spec.child(field);
  if (!containers) return ports;
  for (const Cursor& container : containers->elements()) {
    container.expect_object();
    const auto entries = container.child("ports");
    if (!entries || !counts(container)) continue;
    for (const Cursor& entry : entries->elements()) {
      if (auto port = decode_container_port(entry)) ports.push_back(*std::move(port));
    }
  }
  return ports;
}

// An init container that runs as long as the pod does (semantics 34).
bool is_sidecar(const Cursor& init_container) {
  const auto policy = init_container.child("restartPolicy");
  return policy && policy->text() == "Always";
}

std::string decode_maker(const Cursor& object) {
  Scope ignored{.consequence = "it is ignored", .closed = false};
  const auto metadata = object.within(ignored).child("metadata");
  const auto owners = metadata ? metadata->child("ownerReferences") : std::nullopt;
  if (!owners) return {};
  std::string maker;
  for (const Cursor& owner : owners->elements()) {
    owner.expect_object();
    const auto controls = owner.child("controller");
    const auto kind = owner.child("kind");
    const auto name = owner.child("name");
    if (controls && kind && name && controls->boolean()) maker = maker_of(kind->text(), name->text());
  }
  return maker;
}

// The uid of the static pod whose mirror it is; empty: it is none.
std::string decode_static_uid(const Cursor& object) {
  Scope ignored{.consequence = "it is ignored", .closed = false};
  const auto metadata = object.within(ignored).child("metadata");
  const auto annotations = metadata ? metadata->child("annotations") : std::nullopt;
  const auto uid = annotations ? annotations->child(mirror_annotation) : std::nullopt;
  return uid ? uid->text() : "";
}

// Where a workload keeps what its pods are made from.
std::optional<Cursor> template_of(const Cursor& object, const std::string& resource) {
  auto spec = object.child("spec");
  if (spec && resource == "CronJob") {
    const auto job = spec->child("jobTemplate");
    spec = job ? job->child("spec") : std::nullopt;
  }
  return spec ? spec->child("template") : std::nullopt;
}

}  // namespace

std::optional<Pod::Phase> phase_of(std::string_view text) {
  for (const PhaseName& known : phases) {
    if (text == known.name) return known.phase;
  }
  return std::nullopt;
}

std::string maker_of(std::string_view kind, std::string_view name) {
  return is_name(kind) && is_name(name) ? std::string(kind) + '/' + std::string(name) : "";
}

Pod decode_pod(const Cursor& object, Meta meta, const Scope& scope) {
  Pod pod;
  pod.meta = std::move(meta);
  pod.maker = decode_maker(object);
  if (auto uid = decode_static_uid(object); !uid.empty()) pod.meta.uid = std::move(uid);
  if (const auto spec = object.child("spec")) {
    spec->expect_object();
    if (const auto node = spec->child("nodeName")) pod.node = node->text();
    if (const auto host = spec->child("hostNetwork")) pod.host_network = host->boolean();
    pod.ports = decode_ports(*spec, "containers", [](const Cursor&) { return true; });
    for (auto& port : decode_ports(*spec, "initContainers", is_sidecar)) pod.ports.push_back(std::move(port));
  }
  if (const auto status = object.child("status")) {
    status->expect_object();
    pod.phase = decode_phase(*status);
    pod.addresses = decode_addresses(*status);
    Scope ignored{.consequence = "it is ignored", .closed = false};
    if (const auto started = status->within(ignored).child("startTime")) pod.started = started->time();
  }
  pod.understood = scope.understood;
  return pod;
}

Workload decode_workload(const Cursor& object, Meta meta, const std::string& resource) {
  Workload workload{.meta = std::move(meta), .resource = resource, .pod = {}};
  Scope scope{.consequence = "its pods are isolated"};
  Meta pod_meta{.ns = workload.meta.ns, .name = {}, .uid = {}, .labels = {}, .created = {}};
  if (const auto made_from = template_of(object.within(scope), resource)) {
    made_from->expect_object();
    pod_meta.labels = decode_meta(*made_from, {}).labels;
    workload.pod = decode_pod(*made_from, {}, scope);
  } else {
    object.within(scope).malformed("has no pod template");
    workload.pod.understood = false;
  }
  workload.pod.meta = std::move(pod_meta);
  return workload;
}

}  // namespace selvedge::k8s
