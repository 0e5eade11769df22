// JSON and YAML texts into objects. Fails closed: what is malformed inside an
// object marks the smallest part that it makes meaningless as not understood and
// reports a Problem; only an object that cannot be named is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "k8sclient/types.h"

namespace selvedge::k8s {

struct DecodeError {
  std::string message;  // what and where: "line 3, column 14: …", "metadata.name is missing"
};

// One object of a known kind, from the JSON of a list's item or a watch event's object
// (list items carry no kind of their own).
tl::expected<Decoded, DecodeError> decode(Kind kind, std::string_view json);

// The name of an object whose remaining text may be unusable (the last words of a deleted one).
tl::expected<ObjectKey, DecodeError> decode_key(std::string_view json);

// All objects of a manifest: YAML documents, JSON, `kind: List`, in their order. Kinds that do not
// matter are left out; objects without a namespace are in `default`; labels that the API server sets
// are added. A document that does not parse, or an object that matters and cannot be named, is an
// error that names line and column, or document and field, and nothing is returned then.
tl::expected<std::vector<Decoded>, DecodeError> decode_manifest(std::string_view text);

}  // namespace selvedge::k8s
