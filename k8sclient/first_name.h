// The name in a text that is too large, too deep or too broken to be decoded: the
// API server writes metadata first, so the beginning usually has it.
#pragma once

#include <string>
#include <string_view>

#include "k8sclient/events.h"

namespace selvedge::k8s {

// "production/api" out of the first `metadata` object; empty: none found.
std::string first_name(std::string_view json);

// `name` may be empty or anything that was found in its place.
Unreadable unreadable(Kind kind, const std::string& name, const std::string& why);

}  // namespace selvedge::k8s
