// Names of things, as people read them in diagnostics.
#include "k8sclient/types.h"

#include <type_traits>

namespace selvedge::k8s {

std::string to_string(const ObjectKey& key) {
  return key.ns.empty() ? key.name : key.ns + "/" + key.name;
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::pod:
      return "Pod";
    case Kind::ns:
      return "Namespace";
    case Kind::node:
      return "Node";
    case Kind::network_policy:
      return "NetworkPolicy";
    case Kind::workload:
      return "Workload";
    case Kind::service:
      return "Service";
  }
  return "object";
}

Kind kind_of(const Object& object) {
  static_assert(std::is_same_v<Object, std::variant<Pod, Namespace, Node, NetworkPolicy, Workload, Service>>,
                "Kind has the order of Object's alternatives");
  return static_cast<Kind>(object.index());
}

const Meta& meta_of(const Object& object) {
  return std::visit([](const auto& value) -> const Meta& { return value.meta; }, object);
}

std::string to_string(const Problem& problem) {
  std::string text = std::string(to_string(problem.kind)) + " " + to_string(problem.object) + ": ";
  if (!problem.field.empty()) text += problem.field + " ";
  return text + problem.message;
}

}  // namespace selvedge::k8s
