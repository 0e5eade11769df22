// The address of an API server: https://host[:port][/prefix].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace selvedge::k8s {

struct ServerAddress {
  std::string host;  // name or address; an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string prefix;  // "/clusters/one", no slash at its end; mostly empty

  bool operator==(const ServerAddress&) const = default;
};

// Plain http is refused, on loopback too: a token would go out unprotected, and whoever answers on the
// port could hand out any policy. The error quotes the address, without credentials that it may hold.
tl::expected<ServerAddress, std::string> parse_server(std::string_view url);

std::string authority(const ServerAddress& server);  // "10.0.0.1:6443", "[fd00::1]:443"
std::string to_string(const ServerAddress& server);  // "https://10.0.0.1:6443/prefix"

// Whether the text is an IPv4 or IPv6 address, which certificates name in another way than a host.
bool is_address(const std::string& host);

}  // namespace selvedge::k8s
