// What a context of one or several kubeconfig files says: plain values, before
// any file that they name is read and any plugin that they name is run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace selvedge::k8s {

// A PEM text, in the kubeconfig itself (`-data`, decoded) or in a file; both empty: not given.
struct PemSource {
  std::string text;
  std::string path;

  bool operator==(const PemSource&) const = default;
};

// users[].user.exec (client.authentication.k8s.io).
struct ExecPlugin {
  std::string api_version;  // "client.authentication.k8s.io/v1", or v1beta1
  std::string command;      // a path, or a name to look for in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  bool provide_cluster_info = false;
  std::string cluster_config;  // JSON: the cluster's extension for plugins; empty: none

  bool operator==(const ExecPlugin&) const = default;
};

struct KubeconfigContext {
  std::string origin;  // "FILE: context NAME", for messages
  std::string server;
  std::string tls_server_name;
  PemSource ca;
  std::string token;
  std::string token_file;
  PemSource client_certificate;
  PemSource client_key;
  std::optional<ExecPlugin> exec;

  bool operator==(const KubeconfigContext&) const = default;
};

// The context called `context`, or the current one when that is empty. Files are merged as kubectl does: the first that
// has a context, cluster or user of a name, or a current-context, decides about it. Relative paths are relative to the
// file that holds them. What we do not support is refused, never ignored: it would change who we are or whom we trust.
// The error names file, entry and field, and quotes no secret.
tl::expected<KubeconfigContext, std::string> read_kubeconfig(const std::vector<std::string>& files,
                                                             const std::string& context);

}  // namespace selvedge::k8s
