// One tree into one object. Every kind has its function; a fault inside marks
// the smallest part that it makes meaningless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "k8sclient/decode.h"
#include "k8sclient/decode_cursor.h"
#include "k8sclient/decode_tree.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

// The kubelet gives the API server a mirror of a static pod, which has another uid than the container runtime knows the
// pod by. Here it stands with the pod's own, which the kubelet writes there.
constexpr std::string_view mirror_annotation = "kubernetes.io/config.mirror";

bool namespaced(Kind kind);
bool is_name(std::string_view text);  // laxer than the API server's rules, but nothing that could be other text
std::optional<Pod::Phase> phase_of(std::string_view text);
std::optional<Protocol> protocol_of(std::string_view text);
std::string maker_of(std::string_view kind, std::string_view name);  // of Pod; empty unless both are names
std::string text_field(const Tree& object, std::string_view name);   // empty: absent, or not a text

// The name of an object, or why it has none. Without a namespace a namespaced object is in `fallback`;
// an empty fallback makes that an error, too. With a fallback (a manifest) generateName stands in for a missing name.
tl::expected<ObjectKey, DecodeError> key_of(const Tree& object, Kind kind, std::string_view fallback);

// `resource` is what the text calls its kind ("Deployment").
tl::expected<Decoded, DecodeError> decode_tree(Kind kind, const std::string& resource, const Tree& object,
                                               std::string_view fallback_namespace);

// The same for an item of a list or the object of a watch event: what it says of its own kind, if anything, must agree.
tl::expected<Decoded, DecodeError> decode_item(Kind kind, const Tree& object);

// ---- per kind; `object` stands at the object's root and has `scope` at stake -----------------------------------
Meta decode_meta(const Cursor& object, const ObjectKey& key);
Pod decode_pod(const Cursor& object, Meta meta, const Scope& scope);
Workload decode_workload(const Cursor& object, Meta meta, const std::string& resource);
Namespace decode_namespace(Meta meta, const Scope& scope);
Node decode_node(const Cursor& object, Meta meta);
Service decode_service(const Cursor& object, Meta meta);
NetworkPolicy decode_policy(const Cursor& object, Meta meta, const Scope& scope);

// What a policy that cannot be understood stands for (ruling R9): the namespace isolated, nothing allowed.
NetworkPolicy closed_policy(Meta meta);

LabelSelector decode_selector(const Cursor& selector);
std::optional<Protocol> decode_protocol(const Cursor& port);  // of a port entry: `protocol`, TCP when absent

}  // namespace selvedge::k8s
