// Status is meta/v1; the cause that tells an unknown version apart is
// ResourceVersionTooLarge, older servers only say it in words.
#include "k8sclient/api_status.h"

#include <algorithm>
#include <array>
#include <utility>

#include "k8sclient/decode_objects.h"

namespace selvedge::k8s {

namespace {

struct Phrase {
  int code;
  std::string_view words;
};
constexpr std::array<Phrase, 12> phrases{{
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {406, "Not Acceptable"},
    {410, "Gone"},
    {422, "Unprocessable"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
}};

bool has_cause(const Tree& status, std::string_view reason) {
  const auto details = status.find("details");
  if (details == status.end() || !details->is_object()) return false;
  const auto causes = details->find("causes");
  if (causes == details->end() || !causes->is_array()) return false;
  return std::any_of(causes->begin(), causes->end(),
                     [&](const Tree& cause) { return cause.is_object() && text_field(cause, "reason") == reason; });
}

}  // namespace

ApiStatus api_status(const Tree& status) {
  ApiStatus result;
  if (!status.is_object()) return result;
  const auto code = status.find("code");
  if (code != status.end() && code->is_number_unsigned() && code->get<unsigned>() < 1000) {
    result.code = code->get<int>();
  }
  result.message = one_line(text_field(status, "message"));
  const std::string reason = text_field(status, "reason");
  if (result.code == 0 && (reason == "Expired" || reason == "Gone")) result.code = 410;
  result.version_unknown = has_cause(status, "ResourceVersionTooLarge") ||
                           result.message.find("Too large resource version") != std::string::npos;
  return result;
}

ApiStatus api_status(int http_status, std::string_view body) {
  const auto tree = parse_json(body);
  ApiStatus result = tree ? api_status(*tree) : ApiStatus{};
  if (!tree) result.message = one_line(body);
  result.code = http_status;
  return result;
}

std::string to_string(const ApiStatus& status) {
  const auto known =
      std::find_if(phrases.begin(), phrases.end(), [&](const Phrase& p) { return p.code == status.code; });
  std::string text = std::to_string(status.code);
  if (known != phrases.end()) text += " " + std::string(known->words);
  return status.message.empty() ? text : text + ": " + status.message;
}

std::string advice(const ApiStatus& status) {
  if (status.code == 401) return "; the credentials are not accepted";
  if (status.code == 403) return "; RBAC must allow list and watch";
  if (status.code == 404) return "; is this the address of a Kubernetes API server?";
  return {};
}

std::string one_line(std::string_view text) {
  constexpr std::size_t longest = 300;
  const bool cut = text.size() > longest;
  std::string line;
  for (const char c : text.substr(0, longest)) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    if (!control) line += c;
    if (control && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return cut ? line + "…" : line;
}

}  // namespace selvedge::k8s
