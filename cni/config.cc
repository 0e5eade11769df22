#include "cni/config.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>

namespace selvedge::cni {
namespace {

using Fault = tl::unexpected<Error>;

Fault wrong(const std::string& message) {
  return Fault(Error{Error::invalid_config, message});
}
Fault wrong_environment(const std::string& message) {
  return Fault(Error{Error::invalid_environment, message});
}

// CNI specification: names of networks, ids of containers. Longer ones than any runtime makes are refused.
bool is_name(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 253 && plain(static_cast<unsigned char>(text[0])) &&
         std::ranges::all_of(text, [&](unsigned char c) { return plain(c) || c == '_' || c == '.' || c == '-'; });
}

// Linux, dev_valid_name().
bool is_interface(const std::string& text) {
  return !text.empty() && text.size() <= 15 && text != "." && text != ".." &&
         std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; });
}

std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

tl::expected<std::string, Error> version_in(const Json& json) {
  const auto version = json.find("cniVersion");
  if (version == json.end())
    return Fault(
        Error{Error::incompatible_version, "cniVersion: is missing; this plugin speaks " + listed(supported_versions)});
  for (const std::string& known : supported_versions) {
    if (*version == known) return known;
  }
  return Fault(Error{Error::incompatible_version,
                     "cniVersion: " + shown(*version) + " is not one of " + listed(supported_versions)});
}

tl::expected<std::string, Error> socket_in(const Json& json) {
  auto path = text_in(json, "socket", default_socket);
  if (!path) return wrong(path.error());
  if (path->empty() || path->front() != '/' || path->size() >= sizeof(sockaddr_un::sun_path) ||
      path->find('\0') != std::string::npos)
    return wrong("socket: " + shown(*path) + " is not an absolute path of at most 107 bytes");
  return *std::move(path);
}

tl::expected<std::chrono::milliseconds, Error> patience_in(const Json& json) {
  const auto seconds = json.find("timeoutSeconds");
  if (seconds == json.end()) return Config{}.patience;
  const auto most = std::chrono::duration_cast<std::chrono::seconds>(longest_patience).count();
  if (!seconds->is_number_unsigned() || *seconds < 1 || *seconds > most)
    return wrong("timeoutSeconds: " + shown(*seconds) + " is not a number from 1 to " + std::to_string(most));
  return std::chrono::seconds(seconds->get<int>());
}

tl::expected<bool, Error> refuses_in(const Json& json) {
  const auto choice = text_in(json, "whenUnavailable", "isolated");
  if (!choice) return wrong(choice.error());
  if (*choice != "isolated" && *choice != "refuse")
    return wrong("whenUnavailable: " + shown(*choice) + " is not one of isolated, refuse");
  return *choice == "refuse";
}

tl::expected<std::optional<std::vector<std::string>>, Error> valid_in(const Json& json, const std::string& network) {
  const char* key = "cni.dev/valid-attachments";
  const auto list = json.find(key);
  if (list == json.end()) return std::nullopt;
  if (list->is_null()) return std::vector<std::string>{};  // as Go writes a list of none
  if (!list->is_array()) return wrong(std::string(key) + ": " + shown(*list) + " is not a list");
  std::vector<std::string> ids;
  for (const Json& one : *list) {
    const auto container = one.is_object() ? text_in(one, "containerID") : tl::unexpected(std::string());
    const auto interface = one.is_object() ? text_in(one, "ifname") : tl::unexpected(std::string());
    if (!container || !interface || container->empty() || interface->empty())
      return wrong(std::string(key) + ": " + shown(one) + " does not name containerID and ifname");
    ids.push_back(id_of(network, *container, *interface));
  }
  return ids;
}

tl::expected<Json, Error> object_of(std::string_view text) {
  if (text.size() > longest_config)
    return Fault(Error{Error::decoding_failure, "standard input: is longer than " + std::to_string(longest_config) +
                                                    " bytes, which no network configuration is"});
  auto json = parse(text);
  if (!json) return Fault(Error{Error::decoding_failure, "standard input: " + json.error()});
  if (!json->is_object())
    return Fault(Error{Error::decoding_failure, "standard input: " + shown(*json) + " is not a JSON object"});
  return *std::move(json);
}

// An interface of the result that has no sandbox is the host's.
bool is_of_the_host(const Json& ip, const Json& result) {
  const auto index = ip.find("interface");
  const auto interfaces = result.find("interfaces");
  if (index == ip.end() || !index->is_number_unsigned() || interfaces == result.end() || !interfaces->is_array())
    return false;
  const auto at = index->get<std::size_t>();
  if (at >= interfaces->size() || !(*interfaces)[at].is_object()) return false;
  const auto sandbox = text_in((*interfaces)[at], "sandbox");
  return sandbox && sandbox->empty();
}

bool is_address(const std::string& text) {
  in6_addr bytes{};
  return inet_pton(AF_INET, text.c_str(), &bytes) == 1 || inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
}

std::string value_in(const std::string& arguments, const std::string& name) {
  for (std::size_t at = 0; at < arguments.size();) {
    const std::size_t end = std::min(arguments.find(';', at), arguments.size());
    if (arguments.compare(at, name.size() + 1, name + '=') == 0)
      return arguments.substr(at + name.size() + 1, end - at - name.size() - 1);
    at = end + 1;
  }
  return "";
}

}  // namespace

tl::expected<Config, Error> config_of(std::string_view text) {
  const auto json = object_of(text);
  if (!json) return Fault(json.error());
  auto version = version_in(*json);
  if (!version) return Fault(version.error());
  auto network = text_in(*json, "name");
  if (!network || !is_name(*network))
    return wrong(network ? "name: " + shown(*network) + " is not the name of a network" : network.error());
  auto socket = socket_in(*json);
  if (!socket) return Fault(socket.error());
  const auto patience = patience_in(*json);
  if (!patience) return Fault(patience.error());
  const auto refuses = refuses_in(*json);
  if (!refuses) return Fault(refuses.error());
  auto valid = valid_in(*json, *network);
  if (!valid) return Fault(valid.error());
  const auto previous = json->find("prevResult");
  return Config{.version = *std::move(version),
                .network = *std::move(network),
                .socket = *std::move(socket),
                .patience = *patience,
                .refuses = *refuses,
                .previous = previous == json->end() ? std::nullopt : std::optional<Json>(*previous),
                .valid = *std::move(valid)};
}

tl::expected<DelConfig, Error> del_config_of(std::string_view text) {
  const auto json = object_of(text);
  if (!json) return Fault(json.error());
  DelConfig config;
  if (const auto all = config_of(text); !all) config.fault = all.error().message;
  if (const auto network = text_in(*json, "name"); network && is_name(*network)) config.network = *network;
  if (const auto socket = socket_in(*json)) config.socket = *socket;
  return config;
}

std::string id_of(const std::string& network, const std::string& container, const std::string& interface) {
  return network + '/' + container + '/' + interface;
}

tl::expected<std::vector<std::string>, Error> addresses_in(const Json& result) {
  const auto ips = result.is_object() ? result.find("ips") : result.end();
  std::vector<std::string> addresses;
  if (!result.is_object() || (ips != result.end() && !ips->is_array()))
    return wrong("prevResult: " + shown(result) + " is not the result of a plugin");
  if (ips != result.end()) {
    for (const Json& ip : *ips) {
      const auto address = ip.is_object() ? text_in(ip, "address") : tl::unexpected(std::string());
      const std::string bare = address ? address->substr(0, address->find('/')) : "";
      if (!is_address(bare)) return wrong("prevResult.ips: " + shown(ip) + " has no address");
      if (!is_of_the_host(ip, result)) addresses.push_back(bare);
    }
  }
  if (addresses.empty()) return wrong("prevResult.ips: there is none of the sandbox, so its pod cannot be told apart");
  return addresses;
}

tl::expected<Sandbox, Error> sandbox_of(const Environment& environment) {
  Sandbox sandbox{environment("CNI_CONTAINERID").value_or(""), environment("CNI_IFNAME").value_or("")};
  if (!is_name(sandbox.container))
    return wrong_environment("CNI_CONTAINERID: " + shown(sandbox.container) + " is not the id of a container");
  if (!is_interface(sandbox.interface))
    return wrong_environment("CNI_IFNAME: " + shown(sandbox.interface) + " is not the name of an interface");
  return sandbox;
}

tl::expected<PodIdentity, Error> pod_of(const Environment& environment) {
  const std::string arguments = environment("CNI_ARGS").value_or("");
  PodIdentity pod;
  for (const auto& [name, member] : {std::pair{"K8S_POD_NAMESPACE", &PodIdentity::ns},
                                     {"K8S_POD_NAME", &PodIdentity::name},
                                     {"K8S_POD_UID", &PodIdentity::uid}}) {
    pod.*member = value_in(arguments, name);
    if ((pod.*member).empty())
      return wrong_environment("CNI_ARGS: " + shown(arguments) + " has no " + name +
                               ", and without it the sandbox's pod is not known");
  }
  return pod;
}

}  // namespace selvedge::cni
