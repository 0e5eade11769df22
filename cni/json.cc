#include "cni/json.h"

namespace selvedge::cni {
namespace {

constexpr std::size_t deepest = 64;

// Counts brackets outside of strings, before a parser sees them.
bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside && c == '\\') {
      ++i;
    } else if (c == '"') {
      inside = !inside;
    } else if (!inside && (c == '{' || c == '[')) {
      if (++depth > deepest) return true;
    } else if (!inside && (c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

tl::expected<Json, std::string> parse(std::string_view text) {
  if (is_too_deep(text)) return tl::unexpected("is nested more than " + std::to_string(deepest) + " levels deep");
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {
    return tl::unexpected("is not JSON: " + std::string(error.what()));
  }
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string shown(const Json& json, std::size_t most) {
  const std::string text = to_text(json);
  return text.size() <= most ? text : text.substr(0, most) + "…";
}

tl::expected<std::string, std::string> text_in(const Json& object, const char* name, const char* fallback) {
  const auto member = object.find(name);
  if (member == object.end()) return fallback;
  if (!member->is_string()) return tl::unexpected(std::string(name) + ": " + shown(*member) + " is not a string");
  return member->get<std::string>();
}

}  // namespace selvedge::cni
