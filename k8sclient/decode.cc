// Names, metadata, the small kinds, and the way from a text to the function of
// its kind. A name must look like one: names reach rule comments and terminals.
#include "k8sclient/decode.h"

#include <algorithm>
#include <utility>

#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_plain_pod.h"

namespace selvedge::k8s {

namespace {

constexpr std::string_view name_label = "kubernetes.io/metadata.name";

tl::expected<std::string, DecodeError> name_field(const Tree& metadata, const char* field) {
  const auto found = metadata.find(field);
  const std::string path = std::string("metadata.") + field;
  if (found == metadata.end() || found->is_null()) return std::string();
  if (!found->is_string())
    return tl::unexpected(DecodeError{path + " " + shown(*found) + " is not a string (quote it)"});
  auto text = found->get<std::string>();
  if (!text.empty() && !is_name(text))
    return tl::unexpected(DecodeError{path + " " + shown(*found) + " is not a name"});
  return text;
}

// What was not created yet has the beginning of a name at most.
tl::expected<ObjectKey, DecodeError> key_in(const Tree& object, bool created) {
  if (!object.is_object()) return tl::unexpected(DecodeError{shown(object) + " is not an object"});
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) {
    return tl::unexpected(DecodeError{"metadata.name is missing"});
  }
  auto name = name_field(*metadata, "name");
  if (!name) return tl::unexpected(name.error());
  if (name->empty() && !created) name = name_field(*metadata, "generateName");
  if (!name) return tl::unexpected(name.error());
  if (name->empty()) return tl::unexpected(DecodeError{"metadata.name is missing"});
  auto ns = name_field(*metadata, "namespace");
  if (!ns) return tl::unexpected(ns.error());
  return ObjectKey{.ns = *std::move(ns), .name = *std::move(name)};
}

std::string_view consequence_of(Kind kind) {
  switch (kind) {
    case Kind::pod:
      return "the pod is isolated and matches no selector";
    case Kind::ns:
      return "no namespaceSelector matches it";
    case Kind::network_policy:
      return "every pod of its namespace is isolated, and it allows nothing";
    case Kind::node:
    case Kind::workload:
    case Kind::service:
      break;
  }
  return "it is ignored";
}

bool decides(Kind kind) {
  return kind == Kind::pod || kind == Kind::ns || kind == Kind::network_policy;
}

// Whose labels decide something; the labels of others are only shown.
bool labels_count(Kind kind) {
  return kind == Kind::pod || kind == Kind::ns;
}

// The one annotation that is read. Nothing that is enforced depends on it.
std::string decode_ignored(const Cursor& object) {
  Scope unimportant{.consequence = "it is ignored", .closed = false};
  const auto metadata = object.within(unimportant).child("metadata");
  const auto annotations = metadata ? metadata->child("annotations") : std::nullopt;
  const auto ignored = annotations ? annotations->child("selvedge.io/ignore") : std::nullopt;
  return ignored ? ignored->text() : "";
}

template <typename Annotated>
Annotated with_ignored(Annotated object, const Cursor& root) {
  object.ignored = decode_ignored(root);
  return object;
}

Object decode_object(Kind kind, const std::string& resource, const Cursor& root, const Scope& scope, Meta meta) {
  switch (kind) {
    case Kind::pod:
      return decode_pod(root, std::move(meta), scope);
    case Kind::ns:
      return with_ignored(decode_namespace(std::move(meta), scope), root);
    case Kind::node:
      return decode_node(root, std::move(meta));
    case Kind::network_policy:
      return with_ignored(decode_policy(root, std::move(meta), scope), root);
    case Kind::service:
      return decode_service(root, std::move(meta));
    case Kind::workload:
      break;
  }
  return decode_workload(root, std::move(meta), resource);
}

}  // namespace

std::string text_field(const Tree& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_name(std::string_view text) {
  constexpr std::size_t longest = 253;
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

bool namespaced(Kind kind) {
  return kind != Kind::ns && kind != Kind::node;
}

tl::expected<ObjectKey, DecodeError> key_of(const Tree& object, Kind kind, std::string_view fallback) {
  auto key = key_in(object, fallback.empty());
  if (!key) return key;
  if (!namespaced(kind)) {
    key->ns.clear();
  } else if (key->ns.empty()) {
    key->ns = fallback;
    if (fallback.empty()) return tl::unexpected(DecodeError{key->name + ": metadata.namespace is missing"});
  }
  return key;
}

tl::expected<Decoded, DecodeError> decode_tree(Kind kind, const std::string& resource, const Tree& object,
                                               std::string_view fallback_namespace) {
  const auto key = key_of(object, kind, fallback_namespace);
  if (!key) return tl::unexpected(key.error());
  Report report;
  Scope scope{.consequence = consequence_of(kind), .closed = decides(kind)};
  Scope unimportant{.consequence = "it is ignored", .closed = false};
  const Cursor root(object, report, scope);
  Meta meta = decode_meta(labels_count(kind) ? root : root.within(unimportant), *key);
  Object decoded = decode_object(kind, resource, root, scope, std::move(meta));
  return Decoded{.object = std::move(decoded), .problems = report.take(kind, *key)};
}

Meta decode_meta(const Cursor& object, const ObjectKey& key) {
  Meta meta{.ns = key.ns, .name = key.name, .uid = {}, .labels = {}, .created = {}};
  const auto metadata = object.child("metadata");
  if (!metadata) return meta;
  if (const auto labels = metadata->child("labels")) meta.labels = labels->labels();
  Scope unimportant{.consequence = "it is ignored", .closed = false};
  const Cursor other = metadata->within(unimportant);
  if (const auto uid = other.child("uid")) meta.uid = uid->text();
  if (const auto created = other.child("creationTimestamp")) meta.created = created->time();
  return meta;
}

Namespace decode_namespace(Meta meta, const Scope& scope) {
  meta.labels[std::string(name_label)] = meta.name;
  return {.meta = std::move(meta), .understood = scope.understood};
}

Node decode_node(const Cursor& object, Meta meta) {
  Node node{.meta = std::move(meta), .pod_cidrs = {}, .addresses = {}};
  if (const auto spec = object.child("spec")) {
    if (const auto all = spec->child("podCIDRs")) node.pod_cidrs = all->texts();
    const auto one = spec->child("podCIDR");
    std::string text = one && node.pod_cidrs.empty() ? one->text() : "";
    if (!text.empty()) node.pod_cidrs.push_back(std::move(text));
  }
  const auto status = object.child("status");
  const auto addresses = status ? status->child("addresses") : std::nullopt;
  if (!addresses) return node;
  for (const Cursor& entry : addresses->elements()) {
    const auto type = entry.child("type");
    const auto address = entry.child("address");
    const std::string name = type ? type->text() : "";
    if (address && (name == "InternalIP" || name == "ExternalIP")) node.addresses.push_back(address->text());
  }
  return node;
}

tl::expected<Decoded, DecodeError> decode_item(Kind kind, const Tree& object) {
  const std::string resource = object.is_object() ? text_field(object, "kind") : "";
  if (!resource.empty() && kind != Kind::workload && resource != to_string(kind)) {
    return tl::unexpected(DecodeError{"is a " + shown(resource) + ", not a " + std::string(to_string(kind))});
  }
  return decode_tree(kind, resource, object, {});
}

tl::expected<Decoded, DecodeError> decode(Kind kind, std::string_view json) {
  if (kind == Kind::pod) {
    if (auto plain = decode_plain_pod(json)) return Decoded{.object = std::move(plain->pod), .problems = {}};
  }
  const auto tree = parse_json(json);
  if (!tree) return tl::unexpected(DecodeError{to_string(tree.error())});
  return decode_item(kind, *tree);
}

tl::expected<ObjectKey, DecodeError> decode_key(std::string_view json) {
  const auto tree = parse_json(json);
  if (!tree) return tl::unexpected(DecodeError{to_string(tree.error())});
  return key_in(*tree, true);
}

}  // namespace selvedge::k8s
