// The quick way through the JSON of a pod: what is not needed is checked and stepped over, and never built.
// A cluster sends 5 kB for each pod, of which some 300 bytes matter, and sends all of them at each start of
// the daemon; a library's parser takes three quarters of the time of a cold start for it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "k8sclient/decode_tree.h"
#include "k8sclient/types.h"

namespace selvedge::k8s {

// A field that somebody reads. Without fields of its own it is wanted whole; with them, those of the object that
// it is, or of the objects in the list that it is.
struct Needed {
  std::string_view name;
  std::span<const Needed> fields{};
};

// What parse_json() gives, without the fields that are not needed; it errs on the side of nothing: a text that
// is not plain (which is what API servers write), or in which anything is wrong, gives no value, and parse_json()
// must be asked. So it accepts nothing that parse_json() refuses.
std::optional<Tree> parse_needed(std::string_view json, std::span<const Needed> fields);

// An object of that kind, or (parse_event) an event of a watch, with at least the fields that decoding reads.
tl::expected<Tree, ParseError> parse_item(Kind kind, std::string_view json);
tl::expected<Tree, ParseError> parse_event(Kind kind, std::string_view json);

}  // namespace selvedge::k8s
