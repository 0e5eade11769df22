#include "k8sclient/server_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace selvedge::k8s {
namespace {

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127; });
}

// Splits "host:port", "[v6]:port" or one without a port.
std::optional<ServerAddress> host_and_port(std::string_view text) {
  ServerAddress server;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    server.host = text.substr(1, bracket - 1);
    in6_addr address{};
    if (::inet_pton(AF_INET6, server.host.c_str(), &address) != 1) return std::nullopt;
    rest = text.substr(bracket + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    server.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (server.host.empty()) return std::nullopt;
  if (rest.empty()) return server;
  const auto port = rest.starts_with(':') ? port_number(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  server.port = *port;
  return server;
}

}  // namespace

tl::expected<ServerAddress, std::string> parse_server(std::string_view url) {
  if (url.find('@') != std::string_view::npos) {
    return tl::unexpected<std::string>("holds a user or password (@), which is not supported");
  }
  const auto quoted = '"' + std::string(url) + '"';
  if (url.starts_with("http://")) {
    return tl::unexpected(quoted + " is plain http: only https is spoken, so that no one else can hand out policies");
  }
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme) || !printable(url)) return tl::unexpected(quoted + " is not https://host[:port]");
  url.remove_prefix(scheme.size());
  if (url.find_first_of("?#") != std::string_view::npos) {
    return tl::unexpected(quoted + " has a query or a fragment; https://host[:port][/prefix] is expected");
  }
  const auto slash = std::min(url.find('/'), url.size());
  auto server = host_and_port(url.substr(0, slash));
  if (!server) return tl::unexpected(quoted + " is not https://host[:port] (IPv6 addresses go in brackets)");
  server->prefix = url.substr(slash);
  while (server->prefix.ends_with('/')) server->prefix.pop_back();
  return *server;
}

std::string authority(const ServerAddress& server) {
  const bool v6 = server.host.find(':') != std::string::npos;
  return (v6 ? '[' + server.host + ']' : server.host) + ':' + std::to_string(server.port);
}

std::string to_string(const ServerAddress& server) {
  return "https://" + authority(server) + server.prefix;
}

bool is_address(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return ::inet_pton(AF_INET, host.c_str(), &v4) == 1 || ::inet_pton(AF_INET6, host.c_str(), &v6) == 1;
}

}  // namespace selvedge::k8s
