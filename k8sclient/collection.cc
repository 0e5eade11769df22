// The requests of a list and a watch, with their reasons for each parameter.
#include "k8sclient/collection.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace selvedge::k8s {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// While a list streams something always flows; a server that does not know the parameter shows by its silence.
constexpr seconds stream_silence{30};
constexpr seconds page_silence{60};
// The server sends a bookmark about once a minute, also when nothing changes: two and a half missed ones mean a dead
// connection that no reset announced.
constexpr seconds watch_silence{150};

using Parameters = std::vector<std::pair<std::string_view, std::string>>;

std::string encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

std::string target_of(const Collection& collection, Parameters parameters) {
  if (!collection.field_selector.empty()) parameters.emplace_back("fieldSelector", collection.field_selector);
  std::string target = path_of(collection);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    target += separator + std::string(name) + "=" + encoded(value);
    separator = '&';
  }
  return target;
}

}  // namespace

std::string path_of(const Collection& collection) {
  const std::string place = collection.ns.empty() ? "" : "namespaces/" + encoded(collection.ns) + '/';
  switch (collection.kind) {
    case Kind::pod:
    case Kind::ns:
    case Kind::node:
    case Kind::service:
      return "/api/v1/" + place + plural_of(collection.kind);
    case Kind::network_policy:
      return "/apis/networking.k8s.io/v1/" + place + plural_of(collection.kind);
    case Kind::workload:
      break;
  }
  return {};
}

std::string path_of(Kind kind) {
  return path_of({.kind = kind, .field_selector = {}});
}

std::string plural_of(Kind kind) {
  constexpr std::array<std::string_view, 6> names{"pods",      "namespaces", "nodes", "networkpolicies",
                                                  "workloads", "services"};
  return std::string(names.at(static_cast<std::size_t>(kind)));
}

Request stream_request(const Collection& collection, const std::string& version, seconds timeout) {
  Parameters parameters{{"watch", "1"},
                        {"sendInitialEvents", "true"},
                        {"resourceVersionMatch", "NotOlderThan"},
                        {"allowWatchBookmarks", "true"},
                        {"timeoutSeconds", std::to_string(timeout.count())}};
  if (!version.empty()) parameters.emplace_back("resourceVersion", version);
  return {.target = target_of(collection, std::move(parameters)), .silence = stream_silence, .compress = false};
}

Request page_request(const Collection& collection, const Page& page) {
  Parameters parameters;
  if (page.limited) parameters.emplace_back("limit", "500");
  if (!page.continue_token.empty()) {
    // The token carries the version; the server refuses both together.
    parameters.emplace_back("continue", page.continue_token);
  } else if (!page.version.empty()) {
    parameters.emplace_back("resourceVersion", page.version);
    // Without the match, a version together with a limit would mean exactly that version.
    if (page.version != "0") parameters.emplace_back("resourceVersionMatch", "NotOlderThan");
  }
  return {.target = target_of(collection, std::move(parameters)), .silence = page_silence, .compress = true};
}

Request watch_request(const Collection& collection, const std::string& version, seconds timeout) {
  Parameters parameters{{"watch", "1"},
                        {"allowWatchBookmarks", "true"},
                        {"resourceVersion", version},
                        {"timeoutSeconds", std::to_string(timeout.count())}};
  return {.target = target_of(collection, std::move(parameters)), .silence = watch_silence, .compress = false};
}

}  // namespace selvedge::k8s
