// What the bytes of a file are as text. kubectl reads UTF-8, and UTF-16 with a byte order mark (as
// PowerShell writes it), and no control characters; the last matters here, because yaml-cpp takes a byte 4 for the end
// of the text and would leave out the rest in silence.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "k8sclient/decode_tree.h"

namespace selvedge::k8s {

// UTF-16 with a byte order mark as UTF-8; no value: it is something else.
std::optional<std::string> from_utf16(std::string_view bytes);

std::string_view without_byte_order_mark(std::string_view text);

// The first thing in a YAML text that its parser would not tell of: a byte that is not UTF-8, a
// control character, a line end that others would see, a line that passes for a directive but is none.
std::optional<ParseError> unfit_for_yaml(std::string_view text);

}  // namespace selvedge::k8s
