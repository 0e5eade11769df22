// Manifests: which documents and list items matter, and what they are. A
// NetworkPolicy of a version that we do not read is not skipped: it fails closed.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "k8sclient/decode.h"
#include "k8sclient/decode_bytes.h"
#include "k8sclient/decode_objects.h"
#include "k8sclient/decode_yaml.h"

namespace selvedge::k8s {

namespace {

constexpr std::string_view default_namespace = "default";

struct Known {
  std::string_view api_version;
  std::string_view resource;
  Kind kind;
};
constexpr std::array<Known, 12> known_resources{{
    {"v1", "Pod", Kind::pod},
    {"v1", "Namespace", Kind::ns},
    {"v1", "Node", Kind::node},
    {"v1", "Service", Kind::service},
    {"networking.k8s.io/v1", "NetworkPolicy", Kind::network_policy},
    {"apps/v1", "Deployment", Kind::workload},
    {"apps/v1", "StatefulSet", Kind::workload},
    {"apps/v1", "DaemonSet", Kind::workload},
    {"apps/v1", "ReplicaSet", Kind::workload},
    {"batch/v1", "Job", Kind::workload},
    {"batch/v1", "CronJob", Kind::workload},
    {"v1", "ReplicationController", Kind::workload},
}};

// What a document or an item says it is. Items of a PodList leave it to the list.
struct Identity {
  std::string api_version;
  std::string resource;
};

const Known* find_known(const Identity& identity) {
  const auto found = std::find_if(known_resources.begin(), known_resources.end(), [&](const Known& known) {
    return known.api_version == identity.api_version && known.resource == identity.resource;
  });
  return found == known_resources.end() ? nullptr : &*found;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// Groups without a dot and below k8s.io are Kubernetes' own, and only one of them has (or had) this kind: in
// extensions/v1beta1, a version yet to come, or a slip of the pen (semantics 22). Other projects have theirs.
bool is_unread_policy(const Identity& identity) {
  const std::string_view version = identity.api_version;
  const std::string_view group = version.substr(0, version.find('/'));
  return equal_but_for_case(identity.resource, "NetworkPolicy") &&
         (group.find('.') == std::string_view::npos || group == "networking.k8s.io");
}

tl::expected<Decoded, DecodeError> unread_policy(const Tree& object, const Identity& identity) {
  const auto key = key_of(object, Kind::network_policy, default_namespace);
  if (!key) return tl::unexpected(key.error());
  const bool misspelt = identity.resource != "NetworkPolicy";
  Meta meta{.ns = key->ns, .name = key->name, .uid = {}, .labels = {}, .created = {}};
  Problem problem{.kind = Kind::network_policy,
                  .object = *key,
                  .field = misspelt ? "kind" : "apiVersion",
                  .message = misspelt ? shown(identity.resource) + " is not read, only NetworkPolicy is"
                                      : shown(identity.api_version) + " is not read, only networking.k8s.io/v1 is",
                  .closed = true};
  problem.message += "; every pod of its namespace is isolated, and it allows nothing";
  return Decoded{.object = closed_policy(std::move(meta)), .problems = {std::move(problem)}};
}

class Collector {
 public:
  // An error's message does not say where yet.
  std::optional<DecodeError> add(const Tree& tree, const Identity& inherited);
  void begin(std::size_t line) { line_ = line; }  // of the document that is added next
  std::vector<Decoded> take() { return std::move(objects_); }

 private:
  std::optional<DecodeError> add_items(const Tree& items, const Identity& list);
  std::optional<DecodeError> add_object(const Tree& tree, const Identity& identity);

  std::vector<Decoded> objects_;
  std::size_t line_ = 1;
};

std::optional<DecodeError> Collector::add(const Tree& tree, const Identity& inherited) {
  if (!tree.is_object()) return DecodeError{shown(tree) + " is not an object"};
  Identity identity{.api_version = text_field(tree, "apiVersion"), .resource = text_field(tree, "kind")};
  if (identity.api_version.empty()) identity.api_version = inherited.api_version;
  if (identity.resource.empty()) identity.resource = inherited.resource;
  if (identity.resource.empty()) return DecodeError{"kind is missing"};
  if (identity.api_version.empty()) return DecodeError{identity.resource + ": apiVersion is missing"};
  if (!identity.resource.ends_with("List")) return add_object(tree, identity);
  const auto items = tree.find("items");
  if (items == tree.end() || items->is_null()) return std::nullopt;
  if (items->is_array()) return add_items(*items, identity);
  return DecodeError{identity.resource + ": items " + shown(*items) + " is not a list"};
}

std::optional<DecodeError> Collector::add_items(const Tree& items, const Identity& list) {
  // "PodList" holds Pods; a plain "List" says nothing about its items.
  const std::string item_resource = list.resource.substr(0, list.resource.size() - std::string_view("List").size());
  const Identity inherited{.api_version = item_resource.empty() ? "" : list.api_version, .resource = item_resource};
  std::size_t index = 0;
  for (const Tree& item : items) {
    if (auto error = add(item, inherited)) {
      return DecodeError{"items[" + std::to_string(index) + "]: " + error->message};
    }
    ++index;
  }
  return std::nullopt;
}

std::optional<DecodeError> Collector::add_object(const Tree& tree, const Identity& identity) {
  const Known* known = find_known(identity);
  if (known == nullptr && !is_unread_policy(identity)) return std::nullopt;
  auto decoded = known != nullptr ? decode_tree(known->kind, identity.resource, tree, default_namespace)
                                  : unread_policy(tree, identity);
  if (!decoded) return DecodeError{identity.resource + ": " + decoded.error().message};
  decoded->line = line_;
  objects_.push_back(*std::move(decoded));
  return std::nullopt;
}

tl::expected<std::vector<Decoded>, DecodeError> decode_json(const Tree& tree) {
  Collector collector;
  if (auto error = collector.add(tree, {})) return tl::unexpected(*error);
  return collector.take();
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

bool is_further(const ParseError& a, const ParseError& b) {
  return a.line != b.line ? a.line > b.line : a.column > b.column;
}

}  // namespace

tl::expected<std::vector<Decoded>, DecodeError> decode_manifest(std::string_view bytes) {
  const auto converted = from_utf16(bytes);
  const std::string_view text = without_byte_order_mark(converted ? *converted : bytes);
  std::optional<ParseError> not_json;
  if (looks_like_json(text)) {
    const auto tree = parse_json(text);
    if (tree) return decode_json(*tree);
    // It may still be YAML: {a: b}, or JSON documents between lines of dashes.
    not_json = tree.error();
  }
  Collector collector;
  std::size_t number = 0;
  std::optional<DecodeError> misshapen;
  const auto error = parse_yaml(text, [&](const Tree& tree, std::size_t line) -> std::optional<ParseError> {
    ++number;
    if (tree.is_null()) return std::nullopt;
    collector.begin(line);
    misshapen = collector.add(tree, {});
    if (!misshapen) return std::nullopt;
    misshapen->message =
        "document " + std::to_string(number) + " (line " + std::to_string(line) + "): " + misshapen->message;
    return ParseError{};
  });
  if (misshapen) return tl::unexpected(*misshapen);
  if (error)
    return tl::unexpected(DecodeError{to_string(not_json && is_further(*not_json, *error) ? *not_json : *error)});
  return collector.take();
}

}  // namespace selvedge::k8s
