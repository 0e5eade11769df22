// YAML texts as trees, read as kubectl reads them (YAML 1.1: an unquoted yes, on
// or y is a boolean, 0777 is octal). Anchors work, but what aliases expand to is
// bounded, because a few lines can stand for gigabytes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "k8sclient/decode_tree.h"

namespace selvedge::k8s {

// Calls `document` for each document in its order, with the line where it begins; an empty document is a null
// tree. Ends early when it answers an error, and returns that.
std::optional<ParseError> parse_yaml(std::string_view text,
                                     const std::function<std::optional<ParseError>(Tree, std::size_t line)>& document);

// What a scalar without quotes stands for: null, a boolean, a number (maybe infinite) or itself.
Tree plain_scalar(const std::string& text);

}  // namespace selvedge::k8s
