#include "test/support/api_resources.h"

#include <algorithm>
#include <array>

namespace selvedge::test {
namespace {

constexpr std::array types{
    ResourceType{"pods", "v1", "Pod"},
    ResourceType{"namespaces", "v1", "Namespace", false},
    ResourceType{"nodes", "v1", "Node", false},
    ResourceType{"services", "v1", "Service"},
    ResourceType{"events", "v1", "Event"},
    ResourceType{"configmaps", "v1", "ConfigMap"},
    ResourceType{"networkpolicies", "networking.k8s.io/v1", "NetworkPolicy"},
    ResourceType{"deployments", "apps/v1", "Deployment"},
    ResourceType{"replicasets", "apps/v1", "ReplicaSet"},
    ResourceType{"daemonsets", "apps/v1", "DaemonSet"},
    ResourceType{"statefulsets", "apps/v1", "StatefulSet"},
    ResourceType{"jobs", "batch/v1", "Job"},
    ResourceType{"cronjobs", "batch/v1", "CronJob"},
};

constexpr std::array selectable{std::string_view("metadata.name"), std::string_view("metadata.namespace"),
                                std::string_view("spec.nodeName"), std::string_view("status.phase"),
                                std::string_view("status.podIP")};

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

const ResourceType* type_of(const std::string& group_version, const std::string& resource) {
  const auto found = std::find_if(types.begin(), types.end(), [&](const ResourceType& type) {
    return type.group_version == group_version && type.resource == resource;
  });
  return found == types.end() ? nullptr : &*found;
}

// "api/v1" or "apis/GROUP/VERSION" from the front of the path.
std::string take_group_version(std::vector<std::string>& parts) {
  const std::size_t count = parts.empty() || parts[0] == "api" ? 2 : 3;
  if (parts.size() < count || (count == 3 && parts[0] != "apis")) return {};
  std::string group_version = parts[1] + (count == 3 ? '/' + parts[2] : "");
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count));
  return group_version;
}

}  // namespace

const ResourceType* type_of_kind(std::string_view kind) {
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const ResourceType& type) { return type.kind == kind; });
  return found == types.end() ? nullptr : &*found;
}

bool Target::holds(const Json& object) const {
  return ns.empty() || object.value("/metadata/namespace"_json_pointer, "") == ns;
}

std::optional<Target> parse_path(std::string_view path) {
  auto parts = parts_of(path);
  const auto group_version = take_group_version(parts);
  Target target;
  // namespaces/NS/pods, but namespaces and namespaces/NS are themselves resources.
  if (parts.size() > 2 && parts[0] == "namespaces") {
    target.ns = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.empty() || parts.size() > 2) return std::nullopt;
  target.type = type_of(group_version, parts[0]);
  if (parts.size() == 2) target.name = parts[1];
  const bool served = target.type != nullptr && (target.type->namespaced || target.ns.empty()) &&
                      (target.name.empty() || !target.type->namespaced || !target.ns.empty());
  return served ? std::optional(target) : std::nullopt;
}

tl::expected<FieldSelector, std::string> FieldSelector::parse(std::string_view text) {
  FieldSelector selector;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto term = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const auto sign = term.find('=');
    if (sign == std::string_view::npos || sign == 0) return tl::unexpected("invalid selector: " + std::string(term));
    const bool equal = term[sign - 1] != '!';
    std::string field(term.substr(0, equal ? sign : sign - 1));
    if (std::find(selectable.begin(), selectable.end(), field) == selectable.end()) {
      return tl::unexpected("field label not supported: " + field);
    }
    auto value = term.substr(sign + 1);
    if (value.starts_with('=')) value.remove_prefix(1);
    std::replace(field.begin(), field.end(), '.', '/');
    selector.terms_.push_back({Json::json_pointer('/' + field), equal, std::string(value)});
  }
  return selector;
}

bool FieldSelector::matches(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const Term& term) { return (object.value(term.field, "") == term.value) == term.equal; });
}

Json status_object(int code, std::string_view reason, const std::string& message) {
  return {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
          {"status", "Failure"}, {"message", message}, {"reason", reason},
          {"code", code}};
}

std::string status_text(int code, std::string_view reason, const std::string& message) {
  return status_object(code, reason, message).dump();
}

}  // namespace selvedge::test
