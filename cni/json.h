// JSON from outside, made safe to look into: bounded in depth, since nlohmann's printer recurses, and read
// member by member with words for what is wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

namespace selvedge::cni {

using Json = nlohmann::ordered_json;  // what is passed on keeps its order

// The error says where it is no JSON, or that it is nested too deeply.
tl::expected<Json, std::string> parse(std::string_view text);

// On one line; bytes that are no UTF-8 are replaced.
std::string to_text(const Json& json);

// For messages: at most so many characters of it.
std::string shown(const Json& json, std::size_t most = 120);

// The member, if it is there and a string; the error says what it is instead. `fallback` stands for one that is not
// there.
tl::expected<std::string, std::string> text_in(const Json& object, const char* name, const char* fallback = "");

}  // namespace selvedge::cni
