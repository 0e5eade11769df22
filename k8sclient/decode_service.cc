// Services, for naming things: what is malformed in one is left out and said, and closes nothing.
#include <utility>

#include "k8sclient/decode_objects.h"

namespace selvedge::k8s {

namespace {

std::optional<std::uint16_t> port_number(const Cursor& at) {
  const auto number = at.integer();
  if (!number) return std::nullopt;
  if (*number >= 1 && *number <= 65535) return static_cast<std::uint16_t>(*number);
  at.malformed(std::to_string(*number) + " is not a port");
  return std::nullopt;
}

std::optional<ServicePort> decode_service_port(const Cursor& at) {
  if (!at.expect_object()) return std::nullopt;
  const auto protocol = decode_protocol(at);
  const auto number_at = at.child("port");
  if (!number_at) at.malformed("has no port");
  const auto number = number_at ? port_number(*number_at) : std::nullopt;
  if (!protocol || !number) return std::nullopt;
  ServicePort port{.name = {}, .protocol = *protocol, .number = *number, .target = *number};
  if (const auto name = at.child("name")) port.name = name->text();
  const auto target = at.child("targetPort");
  if (target && target->is_text()) {
    if (std::string name = target->text(); !name.empty()) port.target = std::move(name);
  } else if (target) {
    const auto to = port_number(*target);
    if (!to) return std::nullopt;
    port.target = *to;
  }
  return port;
}

std::vector<std::string> decode_cluster_addresses(const Cursor& spec) {
  std::vector<std::string> addresses;
  if (const auto all = spec.child("clusterIPs")) addresses = all->texts();
  const auto one = spec.child("clusterIP");
  if (addresses.empty() && one) addresses.push_back(one->text());
  std::erase_if(addresses, [](const std::string& text) { return text.empty() || text == "None"; });
  return addresses;
}

}  // namespace

Service decode_service(const Cursor& object, Meta meta) {
  Service service{.meta = std::move(meta), .selector = {}, .external_name = false, .addresses = {}, .ports = {}};
  const auto spec = object.child("spec");
  if (!spec || !spec->expect_object()) return service;
  if (const auto type = spec->child("type")) service.external_name = type->text() == "ExternalName";
  if (const auto selector = spec->child("selector")) service.selector = selector->labels();
  service.addresses = decode_cluster_addresses(*spec);
  const auto ports = spec->child("ports");
  if (!ports) return service;
  for (const Cursor& entry : ports->elements()) {
    if (auto port = decode_service_port(entry)) service.ports.push_back(*std::move(port));
  }
  return service;
}

}  // namespace selvedge::k8s
