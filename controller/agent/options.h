// What `run` can be told, and from where: flag, environment, file, default, in
// this order of precedence. All settings are in one table, so that a flag, a
// variable and a key can never differ in name, meaning or check.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "controller/agent/log.h"
#include "controller/deny_log.h"

namespace selvedge::agent {

struct ListenAddress {
  std::string host = "127.0.0.1";  // an IP address, without brackets
  std::uint16_t port = 9812;       // 0: any that is free

  bool operator==(const ListenAddress&) const = default;
};
std::string to_string(const ListenAddress& address);  // "[::1]:9812"

struct RunOptions {
  std::string node;
  std::string kubeconfig;
  std::string context;
  std::string server;
  ListenAddress listen;
  LogFormat log_format = LogFormat::logfmt;
  LogLevel log_level = LogLevel::info;
  bool own_table = true;
  std::string bridge = "cni0";
  std::uint16_t vxlan_port = 8472;
  bool guard = true;
  bool own_node_open = false;                   // --own-node allowed
  std::optional<bool> ipvs;                     // none: as the node looks
  std::set<std::string> audited;                // namespaces
  std::optional<DenyLog> deny_log = DenyLog{};  // none: denials are counted only
  bool cut = true;
  bool bind_ports = true;
  std::string subnet_env = "/run/flannel/subnet.env";
  std::string cni_socket;    // empty: there is no CNI plugin
  std::string cni_conf_dir;  // empty: Flannel's list is not touched
  std::string cni_bin_dir;   // empty: the plugin is not installed
  // For the plugin's entry in Flannel's list.
  unsigned cni_timeout = 10;  // seconds
  bool cni_refuses = false;   // without the daemon's word no pod starts; else it starts isolated

  bool operator==(const RunOptions&) const = default;
};

// What somebody gave for a setting, and where, for error messages: "--log-level",
// "SELVEDGE_LOG_LEVEL", "selvedge.yaml: line 3: log-level".
struct Given {
  std::string value;
  std::string origin;
};
using Layer = std::map<std::string, Given>;  // by the setting's name

struct Setting {
  std::string name;   // "log-level": --log-level, SELVEDGE_LOG_LEVEL, `log-level:`
  std::string takes;  // "LEVEL", for the help
  std::string help;
  bool at_run_time;                                                                           // a reload can change it
  std::function<tl::expected<RunOptions, std::string>(RunOptions, const std::string&)> with;  // error: "is not …"
  std::function<bool(const RunOptions&, const RunOptions&)> same;                             // in this setting
};
const std::vector<Setting>& settings();
std::vector<std::string> setting_names();

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

std::string variable_of(const std::string& setting);      // SELVEDGE_LOG_LEVEL
Layer environment_layer(const Environment& environment);  // an empty variable counts as not set

// The first layer that has a setting decides it. The error names origin, value and what would be right.
tl::expected<RunOptions, std::string> read_options(const std::vector<Layer>& layers);

std::string host_name();  // as the kernel has it; empty: it cannot be told

// Without --node: NODE_NAME, then the host name in lower case, as the kubelet does it.
// The error says that none of them is a node's name.
tl::expected<std::string, std::string> node_name(const std::string& given, const Environment& environment,
                                                 const std::string& host_name);

}  // namespace selvedge::agent
