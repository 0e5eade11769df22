// What the container runtime tells a plugin (CNI specification, "Network configuration" and "Parameters"): a
// configuration on standard input, and the rest in the environment.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "cni/json.h"
#include "cni/protocol.h"

namespace selvedge::cni {

// CNI specification, "Error".
struct Error {
  static constexpr int incompatible_version = 1, invalid_environment = 4, io_failure = 5, decoding_failure = 6,
                       invalid_config = 7, try_again_later = 11, unavailable = 50;
  int code = 0;
  std::string message;  // names key and value
  std::string details{};
};

// Flannel's own list says 0.3.1. Of what differs between these a chained plugin that changes nothing sees little.
inline const std::vector<std::string> supported_versions{"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
constexpr std::size_t longest_config = std::size_t{1} << 20;

struct Config {
  std::string version;
  std::string network;
  std::string socket = default_socket;
  std::chrono::milliseconds patience = default_patience;
  bool refuses = false;          // whenUnavailable: without the daemon's word no pod starts; else the guard holds it
  std::optional<Json> previous;  // prevResult
  // cni.dev/valid-attachments, as ids; none: the key is missing
  std::optional<std::vector<std::string>> valid;
};
tl::expected<Config, Error> config_of(std::string_view text);

// Of what a DEL needs as much as can be understood: a pod must be able to go whatever its list says by now.
struct DelConfig {
  std::string network;  // empty: it has no name
  std::string socket = default_socket;
  std::string fault;  // what was not understood; empty: nothing
};
tl::expected<DelConfig, Error> del_config_of(std::string_view text);  // the error: it is no JSON object

// NETWORK/CONTAINER/INTERFACE: the first two hold no slash.
std::string id_of(const std::string& network, const std::string& container, const std::string& interface);

// Of the sandbox, in the result of the plugins before: ips[].address without the prefix's length.
tl::expected<std::vector<std::string>, Error> addresses_in(const Json& result);

using Environment = std::function<std::optional<std::string>(const char* name)>;

// CNI_CONTAINERID and CNI_IFNAME.
struct Sandbox {
  std::string container;
  std::string interface;
};
tl::expected<Sandbox, Error> sandbox_of(const Environment& environment);

// K8S_POD_NAMESPACE, K8S_POD_NAME and K8S_POD_UID of CNI_ARGS.
struct PodIdentity {
  std::string ns;
  std::string name;
  std::string uid;
};
tl::expected<PodIdentity, Error> pod_of(const Environment& environment);

}  // namespace selvedge::cni
