#include "controller/agent/options.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "controller/text/nearest.h"
#include "nft/ip.h"

namespace selvedge::agent {
namespace {

template <typename T>
using Read = tl::expected<T, std::string>;

template <typename T>
Read<T> one_of(const std::string& text, const std::vector<std::pair<std::string, T>>& choices) {
  std::string all;
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) {
    if (word == text) return value;
    words.push_back(word);
    all += (all.empty() ? "" : ", ") + word;
  }
  return tl::unexpected("is not one of " + all + "; did you mean \"" + nearest(text, words) + "\"?");
}

Read<std::uint16_t> port(const std::string& text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return tl::unexpected(std::string("is not a port number from 0 to 65535"));
  return number;
}

Read<ListenAddress> listen_address(const std::string& text) {
  const std::string wrong = "is not ADDRESS:PORT, such as 127.0.0.1:9812 or [::1]:9812";
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return tl::unexpected(wrong);
  std::string host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = nft::parse_address(host);
  const auto number = port(text.substr(colon + 1));
  if (!address || !number || brackets != (host.find(':') != std::string::npos)) return tl::unexpected(wrong);
  return ListenAddress{.host = nft::to_string(*address), .port = *number};
}

// A name that an interface can have: Linux, dev_valid_name().
Read<std::string> interface_name(const std::string& text) {
  const bool odd = std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c == '/' || c == ':' || c <= ' ' || c >= 0x7f || c == '"' || c == '*';
  });
  if (text.empty() || text.size() > 15 || odd || text == "." || text == "..")
    return tl::unexpected(std::string("is not the name of an interface (at most 15 characters, no / : * or blanks)"));
  return text;
}

// metadata.name of a Node: RFC 1123 subdomain.
Read<std::string> node(const std::string& text) {
  const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  const auto outer = [&](char c) { return inner(c) && c != '-' && c != '.'; };
  if (text.empty() || text.size() > 253 || !std::all_of(text.begin(), text.end(), inner) || !outer(text.front()) ||
      !outer(text.back()))
    return tl::unexpected(std::string("is not the name of a node (a-z, 0-9, - and ., at most 253 characters)"));
  return text;
}

Read<bool> boolean(const std::string& text) {
  return one_of<bool>(text, {{"true", true}, {"false", false}});
}

Read<bool> open_or_policed(const std::string& text) {
  return one_of<bool>(text, {{"policed", false}, {"allowed", true}});
}

Read<std::optional<bool>> boolean_or_auto(const std::string& text) {
  return one_of<std::optional<bool>>(text, {{"auto", std::nullopt}, {"true", true}, {"false", false}});
}

Read<LogLevel> log_level(const std::string& text) {
  return one_of<LogLevel>(text, {{"debug", LogLevel::debug},
                                 {"info", LogLevel::info},
                                 {"warning", LogLevel::warning},
                                 {"error", LogLevel::error}});
}

Read<LogFormat> log_format(const std::string& text) {
  return one_of<LogFormat>(text, {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}});
}

// Names of namespaces (RFC 1123 labels), with commas between them.
Read<std::set<std::string>> namespaces(const std::string& text) {
  std::set<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string name = text.substr(begin, end - begin);
    begin = end + 1;
    if (name.size() > 63 || name.find('.') != std::string::npos || !node(name))
      return tl::unexpected("has \"" + name + "\", which is not the name of a namespace (a-z, 0-9 and -, at most 63" +
                            " characters, a comma between two)");
    names.insert(name);
  }
  return names;
}

// "100", "100/10", "off"
Read<std::optional<DenyLog>> deny_log(const std::string& text) {
  if (text == "off") return std::optional<DenyLog>();
  const auto slash = std::min(text.find('/'), text.size());
  const auto group = port(text.substr(0, slash));
  const auto rate = slash == text.size() ? Read<std::uint16_t>(static_cast<std::uint16_t>(DenyLog{}.rate))
                                         : port(text.substr(slash + 1));
  if (!group || !rate || *rate == 0 || *rate > 10'000)
    return tl::unexpected(std::string(
        "is neither off nor a group of NFLOG (0 to 65535), nor that and / and packets a second (1 to 10000)"));
  return std::optional(DenyLog{.group = *group, .rate = *rate});
}

// A socket's has at most 107 bytes: unix(7).
Read<std::string> path(const std::string& text) {
  if (text.empty() || text[0] != '/' || text.size() > 107)
    return tl::unexpected(std::string("is not an absolute path of at most 107 bytes"));
  return text;
}

// As the plugin takes it.
Read<unsigned> waiting_time(const std::string& text) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 1 || seconds > 120)
    return tl::unexpected(std::string("is not a number of seconds from 1 to 120"));
  return seconds;
}

Read<bool> refuses(const std::string& text) {
  return one_of<bool>(text, {{"isolated", false}, {"refuse", true}});
}

Read<std::string> any_text(const std::string& text) {
  return text;
}

enum class Takes { restart, reload };

template <typename T>
Setting setting(std::string name, std::string takes, std::string help, T RunOptions::*member,
                Read<T> (*read)(const std::string&), Takes change = Takes::restart) {
  const auto with = [member, read](RunOptions options, const std::string& text) -> Read<RunOptions> {
    auto value = read(text);
    if (!value) return tl::unexpected(value.error());
    options.*member = std::move(*value);
    return options;
  };
  const auto same = [member](const RunOptions& a, const RunOptions& b) { return a.*member == b.*member; };
  return {std::move(name), std::move(takes), std::move(help), change == Takes::reload, with, same};
}

}  // namespace

std::string to_string(const ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
}

const std::vector<Setting>& settings() {
  using Options = RunOptions;
  static const std::vector<Setting> all = {
      setting("node", "NAME", "this node's name (NODE_NAME, host name)", &Options::node, node),
      setting("kubeconfig", "FILE", "as kubectl finds it, else in-cluster", &Options::kubeconfig, any_text),
      setting("context", "NAME", "context of the kubeconfig", &Options::context, any_text),
      setting("server", "URL", "address of the API server", &Options::server, any_text),
      setting("listen", "ADDR:PORT", "health endpoints [127.0.0.1:9812]", &Options::listen, listen_address),
      setting("log-format", "FORMAT", "logfmt or json [logfmt]", &Options::log_format, log_format, Takes::reload),
      setting("log-level", "LEVEL", "debug, info, warning, error [info]", &Options::log_level, log_level,
              Takes::reload),
      setting("own-table", "BOOL", "shield the table from others [true]", &Options::own_table, boolean),
      setting("bridge", "NAME", "interface that pods hang on [cni0]", &Options::bridge, interface_name),
      setting("vxlan-port", "PORT", "Flannel's UDP port, 0 for none [8472]", &Options::vxlan_port, port),
      setting("guard", "BOOL", "deny pod addresses that no known pod has [true]", &Options::guard, boolean),
      setting("own-node", "WORD", "pods to their own node: policed, allowed [policed]", &Options::own_node_open,
              open_or_policed),
      setting("ipvs", "WORD", "Services go by IPVS: auto, true, false [auto]", &Options::ipvs, boolean_or_auto),
      setting("audit", "NS[,NS..]", "namespaces where denials are told, not dropped", &Options::audited, namespaces),
      setting("deny-log", "GROUP[/RATE]", "NFLOG group, packets a second; or off [100/10]", &Options::deny_log,
              deny_log),
      setting("cut", "BOOL", "end open connections that a change forbids [true]", &Options::cut, boolean),
      setting("bind-ports", "BOOL", "deny pods each other's addresses [true]", &Options::bind_ports, boolean),
      setting("subnet-env", "FILE", "Flannel's, where the Node names no pod range", &Options::subnet_env, any_text),
      setting("cni-socket", "PATH", "listen to the CNI plugin there [off]", &Options::cni_socket, path),
      setting("cni-conf-dir", "DIR", "add the plugin to Flannel's list there", &Options::cni_conf_dir, path),
      setting("cni-bin-dir", "DIR", "install the plugin there", &Options::cni_bin_dir, path),
      setting("cni-timeout", "SECONDS", "how long a pod's start may wait for its rules [10]", &Options::cni_timeout,
              waiting_time),
      setting("cni-when-unavailable", "WORD", "isolated, or refuse the pod's start [isolated]", &Options::cni_refuses,
              refuses),
  };
  return all;
}

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const auto& setting : settings()) names.push_back(setting.name);
  return names;
}

std::string variable_of(const std::string& setting) {
  std::string name = "SELVEDGE_";
  for (const char c : setting) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Layer environment_layer(const Environment& environment) {
  Layer layer;
  for (const auto& setting : settings()) {
    const std::string variable = variable_of(setting.name);
    const auto value = environment(variable);
    if (value && !value->empty()) layer[setting.name] = {*value, variable};
  }
  return layer;
}

tl::expected<RunOptions, std::string> read_options(const std::vector<Layer>& layers) {
  RunOptions options;
  for (const auto& setting : settings()) {
    const auto layer =
        std::find_if(layers.begin(), layers.end(), [&](const Layer& l) { return l.count(setting.name); });
    if (layer == layers.end()) continue;
    const Given& given = layer->at(setting.name);
    auto read = setting.with(std::move(options), given.value);
    if (!read) return tl::unexpected(given.origin + ": \"" + given.value + "\" " + read.error());
    options = std::move(*read);
  }
  return options;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

tl::expected<std::string, std::string> node_name(const std::string& given, const Environment& environment,
                                                 const std::string& host_name) {
  if (!given.empty()) return given;
  if (const auto name = environment("NODE_NAME"); name && !name->empty()) {
    if (!node(*name)) return tl::unexpected("NODE_NAME: \"" + *name + "\" " + node(*name).error());
    return *name;
  }
  std::string lower = host_name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!node(lower))
    return tl::unexpected("host name: \"" + host_name + "\" " + node(lower).error() + "; say which it is with --node");
  return lower;
}

}  // namespace selvedge::agent
